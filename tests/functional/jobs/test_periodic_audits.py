"""Regions are audited in their turns, once for all workers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.functional.waiting import eventually
from tricircle.db import audit_turns, drifts, jobs, pod_jobs, pods
from tricircle.db.engine import Database
from tricircle.db.models import AuditTurn
from tricircle.db.models import Drift as DriftRow
from tricircle.db.types import read_clock
from tricircle.domain.copied_kinds import NETWORK
from tricircle.domain.drifts import Drift, DriftState
from tricircle.domain.jobs import JobType
from tricircle.jobs.periodic_audits import PeriodicAudits
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def pod_ids(database: Database) -> list[str]:
    with database.writer() as session:
        pods.create(session, region_name="CentralRegion")
        return sorted(pods.create(session, region_name=f"Region{i}", az_name="az").pod_id for i in range(3))


def audits(database: Database, *, interval: float = 3600, repairs: bool = True, keep: float = 60) -> PeriodicAudits:
    return PeriodicAudits(database, JobQueue(database), interval=interval, repairs=repairs, keep=keep)


def make_due(database: Database) -> None:
    with database.writer() as session:
        audit_turns.take(session, 3600)
        session.execute(sa.update(AuditTurn).values(due_at=read_clock(session) - timedelta(seconds=1)))


def test_each_region_has_one_audit_however_many_workers_look(database: Database, pod_ids: list[str]) -> None:
    make_due(database)
    with ThreadPoolExecutor(4) as pool:
        taken = [one for found in pool.map(lambda _: audits(database).look(), range(8)) for one in found]
    assert sorted(taken) == pod_ids
    with database.reader() as session:
        found = jobs.list_page(session, {"type": "audit"}, 10, None)
    assert sorted(job.resource["pod_id"] for job in found) == pod_ids
    assert {(job.resource["resource_type"], job.resource["mode"]) for job in found} == {("all", "repair")}


def test_none_is_asked_for_where_none_is_wanted_nor_of_a_region_that_is_gone(
    database: Database, pod_ids: list[str]
) -> None:
    make_due(database)
    assert audits(database, interval=0).look() == []
    with database.writer() as session:
        jobs.enqueue(session, [pod_jobs.request(JobType.POD_DELETE, pod_ids[0], "")])
    assert sorted(audits(database, repairs=False).look()) == pod_ids[1:]
    with database.reader() as session:
        assert {job.resource["mode"] for job in jobs.list_page(session, {"type": "audit"}, 10, None)} == {"find"}


def test_what_was_mended_long_ago_is_forgotten(database: Database, pod_ids: list[str]) -> None:
    found = [
        Drift(resource_type=NETWORK.type, resource_id=id_, project_id="p", state=DriftState.MISSING) for id_ in "abc"
    ]
    with database.writer() as session:
        drifts.record(session, pod_ids[0], found, repaired=False)
        long_ago = read_clock(session) - timedelta(seconds=100)
        session.execute(sa.update(DriftRow).where(DriftRow.resource_id == "a").values(mended_at=long_ago))
        session.execute(sa.update(DriftRow).where(DriftRow.resource_id == "b").values(mended_at=read_clock(session)))
    audits(database).look()
    with database.reader() as session:
        assert set(session.scalars(sa.select(DriftRow.resource_id))) == {"b", "c"}


def test_the_thread_lives_on_whatever_a_look_meets(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look() -> list[str]:
        looks.append(len(looks))
        if len(looks) == 1:
            raise ValueError("what nobody foresaw")
        return []

    running = audits(database, interval=0.1)
    monkeypatch.setattr(running, "look", look)
    running.start()
    try:
        eventually(lambda: len(looks) > 1, 10)
    finally:
        running.stop()
