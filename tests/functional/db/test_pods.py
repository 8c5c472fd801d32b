"""Pods in a real database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from tests.functional.mariadb import MariaDB
from tricircle.db import models, pods, routings, schema
from tricircle.db.engine import Database
from tricircle.domain.errors import Conflict, Invalid, NotFound
from tricircle.domain.routings import NewRouting, ResourceType


def test_round_trip(database: Database) -> None:
    with database.writer() as session:
        made = pods.create(session, region_name="RegionOne", az_name="az1", pod_az_name="nova", dc_name="dc")
    with database.reader() as session:
        assert pods.get(session, made.pod_id) == made
        assert pods.get_by_region(session, "RegionOne") == made
        with pytest.raises(NotFound):
            pods.get_by_region(session, "regionone")  # the same answer from every kind of database


def test_only_one_central_pod(database: Database) -> None:
    with database.writer() as session:
        central = pods.create(session, region_name="CentralRegion")
        pods.create(session, region_name="RegionOne", az_name="az1")
        with pytest.raises(Conflict, match="central pod already, CentralRegion"):
            pods.create(session, region_name="RegionTwo")
        with pytest.raises(Conflict, match="RegionOne is a pod already"):
            pods.create(session, region_name="RegionOne", az_name="az2")
        with pytest.raises(Conflict, match="CentralRegion is a pod already"):
            pods.create(session, region_name="CentralRegion")
        assert pods.get_central(session) == central
        assert len(pods.list_all(session)) == 2


def test_pages_and_filters(database: Database) -> None:
    with database.writer() as session:
        for number in (3, 1, 2, 5, 4):
            pods.create(session, region_name=f"R{number}", az_name="odd" if number % 2 else "even")
    with database.reader() as session:
        first = pods.list_all(session, limit=2)
        rest = pods.list_all(session, marker=first[-1].pod_id)
        assert [pod.region_name for pod in first + rest] == ["R1", "R2", "R3", "R4", "R5"]
        assert [pod.region_name for pod in pods.list_all(session, az_name="even")] == ["R2", "R4"]
        assert [pod.region_name for pod in pods.list_all(session, region_name="R3")] == ["R3"]
        with pytest.raises(Invalid, match="marker"):
            pods.list_all(session, marker="nowhere")


def test_a_pod_in_use_stays(database: Database) -> None:
    with database.writer() as session:
        pod = pods.create(session, region_name="RegionOne", az_name="az1")
        for number in range(3):
            routings.ensure(
                session, [NewRouting(f"net{number}", f"net{number}", pod.pod_id, "project", ResourceType.NETWORK)]
            )
    with database.writer() as session, pytest.raises(Conflict, match="3 routings"):
        pods.delete(session, pod.pod_id)
    with database.writer() as session:
        routings.remove(session, top_ids=["net0", "net1", "net2"])
        pods.delete(session, pod.pod_id)
        with pytest.raises(NotFound):
            pods.delete(session, pod.pod_id)


def test_a_pod_goes_with_its_incarnations(database: Database) -> None:
    with database.writer() as session:
        kept = pods.create(session, region_name="RegionOne", az_name="az1")
        gone = pods.create(session, region_name="RegionTwo", az_name="az2")
        for number, pod in enumerate((kept, gone, gone)):
            session.add(models.Incarnation(incarnation=f"life{number}", pod_id=pod.pod_id))
    with database.writer() as session:
        pods.delete(session, gone.pod_id)
    with database.reader() as session:
        assert list(session.scalars(sa.select(models.Incarnation.pod_id))) == [kept.pod_id]


def test_changes(database: Database) -> None:
    with database.writer() as session:
        pods.create(session, region_name="CentralRegion", user_id="tricircle")
        one = pods.create(session, region_name="RegionOne", az_name="az1")
        changes: dict[str, Any] = {"region_name": "RegionTwo", "az_name": "az2", "user_id": "two", "draining": True}
        changed = pods.update(session, one.pod_id, changes)
        assert changed == replace(one, **changes)
    with database.writer() as session:
        assert pods.get(session, one.pod_id) == changed
        assert pods.update(session, one.pod_id, {"user_id": "", "draining": False}).user_id == ""
        assert pods.get(session, one.pod_id).draining is False
        pods.create(session, region_name="RegionOne", az_name="az1")
        with pytest.raises(Conflict, match="account tricircle speaks for CentralRegion already"):
            pods.update(session, one.pod_id, {"user_id": "tricircle"})
        with pytest.raises(Conflict, match="RegionOne is a pod already"):
            pods.update(session, one.pod_id, {"region_name": "RegionOne"})
        with pytest.raises(NotFound):
            pods.update(session, "nowhere", {"dc_name": "dc"})
        assert pods.get(session, one.pod_id).region_name == "RegionTwo"


def test_a_change_writes_nothing_else(database: Database) -> None:
    """Two calls that change different fields at once both count."""
    with database.writer() as session:
        pod = pods.create(session, region_name="RegionOne", az_name="az1")
    barrier = Barrier(2, timeout=30)
    is_sqlite = database.url.get_backend_name() == "sqlite"  # where writers take turns

    def change(changes: dict[str, str]) -> None:
        with database.writer() as session:
            pods.get(session, pod.pod_id)
            if not is_sqlite:
                barrier.wait()
            pods.update(session, pod.pod_id, changes)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, [{"region_name": "RegionTwo"}, {"dc_name": "dc"}]))
    with database.reader() as session:
        assert pods.get(session, pod.pod_id) == replace(pod, region_name="RegionTwo", dc_name="dc")


@pytest.mark.parametrize("charset", ["&charset=utf8", "&charset=utf8mb4", ""])
def test_every_character_by_the_manuals_connection(mariadb: MariaDB, charset: str) -> None:
    url = mariadb.create_database()
    database = Database(url.replace("&charset=utf8mb4", charset))
    schema.sync(database)
    with database.writer() as session:
        pod = pods.create(session, region_name="R\N{GRINNING FACE}", az_name="az")
    with database.reader() as session:
        assert pods.get(session, pod.pod_id).region_name == "R\N{GRINNING FACE}"
    database.dispose()
    mariadb.drop_database(url)
