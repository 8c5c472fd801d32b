"""Routings in a real database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.routings import NewRouting, ResourceType


@pytest.fixture
def pod_id(database: Database) -> str:
    with database.writer() as session:
        return pods.create(session, region_name="RegionOne", az_name="az1").pod_id


def desired(pod_id: str, count: int, kind: ResourceType = ResourceType.PORT) -> list[NewRouting]:
    return [NewRouting(f"id{number}", f"id{number}", pod_id, "project", kind) for number in range(count)]


def test_ensure_records_what_is_missing(database: Database, pod_id: str) -> None:
    with database.writer() as session:
        assert routings.ensure(session, desired(pod_id, 2)) == desired(pod_id, 2)
    with database.writer() as session:
        assert {routing.top_id for routing in routings.ensure(session, desired(pod_id, 1200))} == {
            f"id{number}" for number in range(2, 1200)
        }
        assert routings.ensure(session, desired(pod_id, 1200)) == []
        assert len(routings.ensure(session, desired(pod_id, 3, ResourceType.NETWORK))) == 3
    with database.reader() as session:
        assert len(routings.find(session)) == 1203
        assert len(routings.find(session, resource_type="network")) == 3
        found = routings.find(session, top_ids=["id1", "id7", "unknown"], pod_id=pod_id, resource_type="port")
        assert [routing.top_id for routing in found] == ["id1", "id7"]
        assert found[0].created_at.utcoffset() is not None
        assert routings.find(session, top_ids=[]) == []


def test_each_routing_is_recorded_once_by_many(database: Database, pod_id: str) -> None:
    def record(_: int) -> int:
        return len(database.write(lambda session: routings.ensure(session, desired(pod_id, 30))))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(record, range(12))) == 30
    with database.reader() as session:
        assert len(routings.find(session)) == 30


def test_remove_counts(database: Database, pod_id: str) -> None:
    with database.writer() as session:
        routings.ensure(session, desired(pod_id, 5))
        routings.ensure(session, desired(pod_id, 5, ResourceType.NETWORK))
        assert routings.remove(session, top_ids=["id0", "id1"], resource_type="port") == 2
        assert routings.remove(session, top_ids=["id0", "id1"], pod_id=pod_id) == 2
        assert routings.remove(session, top_ids=[]) == 0
    with database.reader() as session:
        assert len(routings.find(session)) == 6


def test_pages(database: Database, pod_id: str) -> None:
    with database.writer() as session:
        routings.ensure(session, desired(pod_id, 5))
    with database.reader() as session:
        first = routings.list_page(session, {"resource_type": "port"}, 3, None)
        rest = routings.list_page(session, {"resource_type": "port"}, 3, first[-1].id)
        numbers = [routing.id for routing in first + rest]
        assert numbers == sorted(numbers, reverse=True)
        assert len(set(numbers)) == 5
        with pytest.raises(Invalid):
            routings.list_page(session, {}, 3, 10**9)
        with pytest.raises(NotFound):
            routings.get(session, 10**9)
