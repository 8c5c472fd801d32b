"""What audits find, in a real database."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tricircle.db import audit_turns, drifts, pods, routings
from tricircle.db.engine import Database
from tricircle.db.models import AuditTurn
from tricircle.db.types import read_clock
from tricircle.domain.copied_kinds import NETWORK, PORT
from tricircle.domain.drifts import REVISION, Difference, Drift, DriftQuery, DriftState, StoredDrift
from tricircle.domain.errors import Invalid
from tricircle.domain.routings import NewRouting

NAME = Difference("name", "a", "b")
OLD = Difference(REVISION, 4, 3)


@pytest.fixture
def pod_id(database: Database) -> str:
    with database.writer() as session:
        pods.create(session, region_name="CentralRegion")
        return pods.create(session, region_name="RegionOne", az_name="az1").pod_id


def drift(id_: str, *differences: Difference, state: DriftState = DriftState.DIFFERS) -> Drift:
    repair = None if state is DriftState.UNKNOWN else NETWORK.job(id_, "p", "pod")
    return Drift(
        resource_type="network",
        resource_id=id_,
        project_id="p",
        state=state,
        differences=differences or (NAME,),
        repair=repair,
    )


def record(database: Database, pod_id: str, *found: Drift, repaired: bool = False) -> None:
    time.sleep(0.002)  # SQLite's clock counts milliseconds
    database.write(lambda session: drifts.record(session, pod_id, found, repaired=repaired))


def listed(
    database: Database, *, mended: bool = False, min_age: float | None = None, **columns: str
) -> list[StoredDrift]:
    with database.reader() as session:
        return drifts.list_page(session, DriftQuery(columns, min_age, mended), 100, None)


def test_what_is_found_again_keeps_its_first_time(database: Database, pod_id: str) -> None:
    record(database, pod_id, drift("a"))
    (first,) = listed(database)
    assert (first.pod_id, first.drift, first.found_at) == (pod_id, drift("a"), first.seen_at)
    other = drift("a", Difference("mtu", 1, None))
    record(database, pod_id, other, repaired=True)
    (again,) = listed(database)
    assert (again.id, again.drift, again.found_at) == (first.id, other, first.found_at)
    assert again.repaired_at == again.seen_at > first.seen_at


def test_what_no_audit_sees_any_more_is_mended_and_may_come_again(database: Database, pod_id: str) -> None:
    record(database, pod_id, drift("a"), drift("b"), repaired=True)
    time.sleep(0.002)
    with database.reader() as session:
        begun = read_clock(session)
    record(database, pod_id, drift("b"))
    assert database.write(lambda session: drifts.mend(session, pod_id, "port", begun)) == 0
    assert database.write(lambda session: drifts.mend(session, pod_id, "network", begun)) == 1
    assert [one.drift.resource_id for one in listed(database)] == ["b"]
    (mended,) = listed(database, mended=True)
    assert mended.mended_at is not None
    assert mended.drift.resource_id == "a"
    record(database, pod_id, drift("a"))
    assert listed(database, mended=True) == []
    (again,) = listed(database, resource_id="a")
    assert again.found_at > mended.found_at
    assert again.repaired_at is None


def test_a_revision_says_less_than_content(database: Database, pod_id: str) -> None:
    record(database, pod_id, drift("a"))
    record(database, pod_id, drift("a", OLD), drift("b", OLD))
    assert {one.drift.resource_id: one.drift.differences for one in listed(database)} == {"a": (NAME,), "b": (OLD,)}
    database.write(lambda session: drifts.mend_revisions(session, pod_id, {"a", "b"}))
    assert [one.drift.resource_id for one in listed(database)] == ["a"]
    record(database, pod_id, drift("b", OLD))
    record(database, pod_id, drift("b"))
    assert listed(database, resource_id="b")[0].drift.differences == (NAME,)


def test_lists_are_filtered_paged_and_of_one_age(database: Database, pod_id: str) -> None:
    record(database, pod_id, drift("a"), drift("b", state=DriftState.UNKNOWN), drift("c"))
    assert [one.drift.resource_id for one in listed(database)] == ["c", "b", "a"]
    assert listed(database, state="unknown")[0].drift.repair is None
    assert listed(database, min_age=3600) == []
    assert len(listed(database, min_age=0)) == 3
    with database.reader() as session:
        first = drifts.list_page(session, DriftQuery(), 1, None)
        rest = drifts.list_page(session, DriftQuery(), 5, first[0].id)
        assert [one.drift.resource_id for one in rest] == ["b", "a"]
        with pytest.raises(Invalid, match="marker"):
            drifts.list_page(session, DriftQuery(), 1, 999)


def test_what_is_mended_is_forgotten_in_the_end_and_all_with_the_pod(database: Database, pod_id: str) -> None:
    record(database, pod_id, drift("a"), drift("b"))
    with database.writer() as session:
        drifts.mend(session, pod_id, "network", read_clock(session) + timedelta(seconds=9))
    record(database, pod_id, drift("b"))
    time.sleep(0.002)
    assert database.write(lambda session: drifts.purge(session, 3600, 10)) == 0
    assert database.write(lambda session: drifts.purge(session, 0, 10)) == 1
    assert len(listed(database)) == 1
    database.write(lambda session: pods.delete(session, pod_id))
    assert listed(database) == []


def test_audits_of_a_pod_at_once_store_each_object_once(database: Database, pod_id: str) -> None:
    def store(_: int) -> None:
        record(database, pod_id, *(drift(str(number)) for number in range(20)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store, range(8)))
    assert len(listed(database)) == 20


def test_each_turn_is_one_worker_s_and_the_first_within_the_interval(database: Database, pod_id: str) -> None:
    def take(interval: float = 100) -> list[str]:
        return database.write(lambda session: audit_turns.take(session, interval))

    take()  # by chance the turn may be at once
    with database.reader() as session:
        (due_at,) = session.scalars(sa.select(AuditTurn.due_at))
        assert due_at <= read_clock(session) + timedelta(seconds=100)
    with database.writer() as session:
        session.execute(sa.update(AuditTurn).values(due_at=read_clock(session) - timedelta(seconds=1)))
    with ThreadPoolExecutor(4) as pool:
        taken = [one for found in pool.map(lambda _: take(), range(8)) for one in found]
    assert taken == [pod_id]
    assert take(interval=10) == [pod_id], "what was due in 100 seconds is late where ten are the interval"
    assert take(interval=10) == []


def test_routings_carry_what_a_region_has_applied(database: Database, pod_id: str) -> None:
    wanted = [NewRouting(id_, id_, pod_id, "p", kind) for id_, kind in (("a", NETWORK.type), ("b", PORT.type))]
    database.write(lambda session: routings.ensure(session, wanted))
    with database.writer() as session:
        shown = {("network", "a"): 7, ("port", "b"): 3, ("network", "b"): 9, ("subnet", "c"): 1}
        assert routings.unconfirmed(session, pod_id, shown) == {"network": {"a": 7}, "port": {"b": 3}}
        routings.confirm(session, pod_id, "network", {"a": 7})
        routings.confirm(session, pod_id, "port", {"b": None})
    with database.reader() as session:
        network, port = routings.find(session)
        assert routings.unconfirmed(session, pod_id, {("network", "a"): 7}) == {}
    assert (network.revision_number, port.revision_number) == (7, None)
    assert None not in (network.applied_at, port.applied_at)
    assert network.updated_at == network.created_at, "the routing itself has not changed"
