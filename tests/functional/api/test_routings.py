"""/v1.0/routings."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest

from tests.functional.api.base import assert_error
from tests.functional.api.conftest import Build
from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.routings import NewRouting, ResourceType


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


@pytest.fixture
def pod_id(record: Callable[..., str]) -> str:
    return record()


def fields(in_pod: str, **changes: Any) -> dict[str, Any]:
    whole = {"top_id": "t", "bottom_id": "b", "pod_id": in_pod, "project_id": "p", "resource_type": "port"}
    return {"routing": {name: value for name, value in {**whole, **changes}.items() if value is not None}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"top_id": None}, "'top_id' is a required property"),
        ({"bottom_id": None}, "bottom_id"),
        ({"pod_id": None}, "pod_id"),
        ({"project_id": None}, "project_id"),
        ({"resource_type": None}, "resource_type"),
        ({"top_id": ""}, "routing.top_id"),
        ({"project_id": "  "}, "routing.project_id"),
        ({"bottom_id": "x" * 256}, "routing.bottom_id"),
        ({"top_id": 5}, "routing.top_id"),
        ({"resource_type": "instance"}, "instance"),
        ({"pod_id": "nowhere"}, "pod_id: no pod has the id nowhere"),
        ({"id": 7}, "'id'"),
    ],
)
def test_bodies_that_do_not_do(api: webtest.TestApp, pod_id: str, changes: dict[str, Any], message: str) -> None:
    body = fields(pod_id, **changes)
    assert_error(api.post_json("/v1.0/routings", body, expect_errors=True), 400, message)
    assert api.get("/v1.0/routings").json == {"routings": []}
    made = api.post_json("/v1.0/routings", fields(pod_id)).json["routing"]
    if None not in changes.values():
        url = f"/v1.0/routings/{made['id']}"
        assert_error(api.put_json(url, {"routing": changes}, expect_errors=True), 400, message)
    assert api.get("/v1.0/routings").json == {"routings": [made]}


def test_one_routing_of_an_object_in_a_pod(api: webtest.TestApp, pod_id: str) -> None:
    api.post_json("/v1.0/routings", fields(pod_id), status=200)
    assert_error(api.post_json("/v1.0/routings", fields(pod_id, bottom_id="c"), expect_errors=True), 409, "port t")
    other = api.post_json("/v1.0/routings", fields(pod_id, top_id="u"), status=200).json["routing"]["id"]
    clash = api.put_json(f"/v1.0/routings/{other}", {"routing": {"top_id": "t"}}, expect_errors=True)
    assert_error(clash, 409, "port t")
    api.post_json("/v1.0/routings", fields(pod_id, resource_type="network"), status=200)
    assert names(api.get("/v1.0/routings").json) == ["t", "u", "t"]


@pytest.mark.parametrize("kind", [kind.value for kind in ResourceType])
def test_types(api: webtest.TestApp, pod_id: str, kind: str) -> None:
    made = api.post_json("/v1.0/routings", fields(pod_id, resource_type=kind)).json["routing"]
    assert api.get(f"/v1.0/routings?resource_type={kind}").json["routings"] == [made]
