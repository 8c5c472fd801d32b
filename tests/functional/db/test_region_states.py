"""States of regions in a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import sqlalchemy as sa

from tricircle.db import models, pods, region_states
from tricircle.db.engine import Database
from tricircle.domain.region_states import NOTHING_KNOWN, Reach, RegionState


def make(database: Database, region: str = "RegionOne") -> str:
    with database.writer() as session:
        return pods.create(session, region_name=region, az_name="az").pod_id


def note(database: Database, error: str | None = None, region: str = "RegionOne") -> bool:
    return database.write(lambda session: region_states.note(session, region, error))


def state(database: Database, pod_id: str) -> RegionState:
    with database.reader() as session:
        return region_states.of(session, [pod_id])[pod_id]


def age(database: Database, seconds: float) -> None:
    """Let so much time pass."""
    with database.writer() as session:
        for row in session.scalars(sa.select(models.RegionState)):
            row.checked_at -= timedelta(seconds=seconds)


def number(database: Database) -> int:
    with database.reader() as session:
        return session.scalar(sa.select(models.RegionState.number)) or 0


def test_what_is_no_news_is_not_written(database: Database) -> None:
    pod_id = make(database)
    assert state(database, pod_id) == NOTHING_KNOWN
    assert note(database)
    assert not note(database)
    assert note(database, "refused")
    assert not note(database, "refused again")
    assert state(database, pod_id).last_error == "refused"
    age(database, 61)
    assert note(database, "refused again")
    assert state(database, pod_id).last_error == "refused again"
    assert number(database) == 3
    assert not note(database, region="RegionNine"), "it is no pod's"


def test_of_many_who_see_the_same_one_writes(database: Database) -> None:
    """Also where none has written before, and where the row is theirs to change."""
    pod_id = make(database)
    for error in (None, "refused", None):
        begin = Barrier(6)

        def see(_: int, error: str | None = error, begin: Barrier = begin) -> bool:
            begin.wait()
            return note(database, error)

        before = number(database)
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(see, range(6))) == 1
        assert number(database) == before + 1
        assert state(database, pod_id).state is (Reach.UP if error is None else Reach.UNREACHABLE)


def test_a_write_after_another_s_begins_anew(database: Database) -> None:
    """One reads, another writes, the first must not write over it what it has concluded from the older state."""
    pod_id = make(database)
    note(database)
    age(database, 61)
    tries = []

    def slow(session: sa.orm.Session) -> bool:
        tries.append(1)
        row = session.get(models.RegionState, pod_id)
        assert row is not None
        if len(tries) == 1:
            row.number += 100  # as one that has read it before the other's write sees it
            sa.orm.attributes.set_committed_value(row, "number", row.number)
        return region_states.note(session, "RegionOne", "refused")

    assert database.write(slow)
    assert len(tries) == 2
    assert state(database, pod_id).state is Reach.UNREACHABLE


def test_regions_that_nobody_has_seen(database: Database) -> None:
    for region in ("RegionOne", "RegionTwo"):
        make(database, region)
    note(database)

    def unseen() -> list[str]:
        with database.reader() as session:
            return region_states.unseen(session, 90)

    assert unseen() == ["RegionTwo"]
    age(database, 91)
    assert unseen() == ["RegionOne", "RegionTwo"]


def test_a_state_goes_with_the_pod_and_with_its_region_s_name(database: Database) -> None:
    pod_id = make(database)
    note(database)
    with database.writer() as session:
        pods.update(session, pod_id, {"dc_name": "dc"})
    assert state(database, pod_id).state is Reach.UP
    with database.writer() as session:
        pods.update(session, pod_id, {"region_name": "RegionTwo"})
    assert state(database, pod_id) == NOTHING_KNOWN
    note(database, region="RegionTwo")
    with database.writer() as session:
        pods.delete(session, pod_id)
        assert session.scalar(sa.select(sa.func.count()).select_from(models.RegionState)) == 0
