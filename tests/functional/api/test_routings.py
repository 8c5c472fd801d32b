"""/v1.0/routings."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest

from tests.functional.api.conftest import Build
from tests.functional.api.test_api import assert_error
from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.routings import NewRouting


@pytest.fixture
def record(sqlite_database: Database) -> Callable[..., str]:
    """Records routings of networks `names`, in this order; returns the pod's id."""

    def make(*names: str, kind: str = "network") -> str:
        with sqlite_database.writer() as session:
            known = pods.list_all(session)
            pod = known[0] if known else pods.create(session, region_name="RegionOne", az_name="az1")
            for name in names:
                routings.ensure(session, [NewRouting(name, f"local-{name}", pod.pod_id, "project", kind)])
        return pod.pod_id

    return make


def names(page: dict[str, Any]) -> list[str]:
    return [routing["top_id"] for routing in page["routings"]]


def test_show(api: webtest.TestApp, record: Callable[..., str]) -> None:
    pod_id = record("net")
    (listed,) = api.get("/v1.0/routings").json["routings"]
    shown = api.get(f"/v1.0/routings/{listed['id']}").json["routing"]
    assert shown == listed
    assert isinstance(shown["id"], int)
    assert shown["created_at"].endswith("Z")
    expected = {"top_id": "net", "bottom_id": "local-net", "pod_id": pod_id, "project_id": "project"}
    assert expected.items() <= shown.items()
    for unknown in ("99999", "x", "-1", "9" * 30):
        assert_error(api.get(f"/v1.0/routings/{unknown}", expect_errors=True), 404, unknown)


def test_pages_are_newest_first(build: Build, record: Callable[..., str]) -> None:
    api = build(default="pagination_max_limit = 2")
    record("a", "b", "c", "d", "e")
    url, seen = "/v1.0/routings?limit=50", []
    while url:
        page = api.get(url).json
        seen.append(names(page))
        record("late")  # what is new does not shift the pages
        url = page["routings_links"][0]["href"] if "routings_links" in page else ""
    assert seen == [["e", "d"], ["c", "b"], ["a"]]


def test_filters(api: webtest.TestApp, record: Callable[..., str]) -> None:
    pod_id = record("a", "b")
    record("a", kind="router")
    first = api.get("/v1.0/routings").json["routings"][-1]
    for query, expected in [
        ("top_id=a", ["a", "a"]),
        ("top_id=a&resource_type=router", ["a"]),
        (f"pod_id={pod_id}&resource_type=network", ["b", "a"]),
        ("project_id=other", []),
        ("bottom_id=local-b", ["b"]),
        (f"id={first['id']}", [first["top_id"]]),
        ("id=x", []),
    ]:
        assert names(api.get(f"/v1.0/routings?{query}").json) == expected, query


@pytest.mark.parametrize("query", ["created_at=now", "color=red", "marker=77", "marker=x", "limit=x"])
def test_queries_that_do_not_do(api: webtest.TestApp, query: str) -> None:
    assert_error(api.get(f"/v1.0/routings?{query}", expect_errors=True), 400)
