"""/v1.0/pods."""

from typing import Any

import pytest
import requests_mock
import webtest

from tests.functional.api.base import assert_error
from tests.functional.api.conftest import Build
from tests.functional.api.keystone import KEYSTONE, catalog_token


def create(api: webtest.TestApp, **fields: Any) -> webtest.TestResponse:
    return api.post_json("/v1.0/pods", {"pod": fields}, expect_errors=True)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", 400, "no JSON"),
        (b"", 400, "no JSON"),
        (b"\xff", 400, "no JSON"),
        (b"[]", 400, "body"),
        (b"{}", 400, "'pod' is a required property"),
        (b'{"pod": []}', 400, "pod"),
        (b'{"pod": {"region_name": "R"}, "x": 1}', 400, "'x'"),
        (b'{"pod": {"region_name": "R", "color": "red"}}', 400, "'color'"),
        (b'{"pod": {"region_name": 5}}', 400, "pod.region_name"),
        (b'{"pod": {"region_name": "RegionOne", "az_name": null}}', 400, "pod.az_name"),
        (b'{"pod": {"region_name": ""}}', 422, "region_name"),
        (b'{"pod": {"region_name": "  "}}', 422, "region_name"),
        (b'{"pod": {"az_name": "az1"}}', 422, "region_name"),
    ],
)
def test_bodies_that_do_not_do(api: webtest.TestApp, body: bytes, code: int, message: str) -> None:
    answer = api.post("/v1.0/pods", body, content_type="application/json", expect_errors=True)
    assert_error(answer, code, message)
    assert api.get("/v1.0/pods").json == {"pods": []}


def test_names_longer_than_their_column(api: webtest.TestApp) -> None:
    assert_error(create(api, region_name="RegionOne", az_name="x" * 256), 400, "pod.az_name")


def test_region_must_have_a_network_service(build: Build, keystone: requests_mock.Mocker) -> None:
    answer = create(build(), region_name="RegionNine", az_name="az9")
    assert_error(answer, 422, "CentralRegion, RegionOne, RegionTwo")
    unchecked = build(default="validate_pod_region = false")
    assert create(unchecked, region_name="RegionNine", az_name="az9").status_int == 200


def test_region_that_is_new_in_the_catalogue(api: webtest.TestApp, keystone: requests_mock.Mocker) -> None:
    assert create(api, region_name="RegionOne", az_name="az1").status_int == 200
    keystone.post(
        f"{KEYSTONE}/v3/auth/tokens", json=catalog_token("RegionThree"), headers={"X-Subject-Token": "new-token"}
    )
    assert create(api, region_name="RegionThree", az_name="az3").status_int == 200


def test_keystone_down(api: webtest.TestApp, keystone: requests_mock.Mocker) -> None:
    api.get("/v1.0/pods", status=200)  # from now on the caller's token is known
    keystone.post(f"{KEYSTONE}/v3/auth/tokens", status_code=503)
    assert_error(create(api, region_name="RegionOne", az_name="az1"), 503, "Keystone")


def test_filters_and_pages(build: Build) -> None:
    api = build(default="pagination_max_limit = 2\nvalidate_pod_region = false")
    for number in range(1, 6):
        create(api, region_name=f"R{number}", az_name="odd" if number % 2 else "even")
    url, regions = "/v1.0/pods?limit=100&az_name=odd", []
    while url:
        page = api.get(url).json
        assert len(page["pods"]) <= 2
        regions += [pod["region_name"] for pod in page["pods"]]
        url = page["pods_links"][0]["href"] if "pods_links" in page else ""
    assert regions == ["R1", "R3", "R5"]
    assert [pod["region_name"] for pod in api.get("/v1.0/pods?region_name=R4").json["pods"]] == ["R4"]
    assert api.get("/v1.0/pods?az_name=none").json == {"pods": []}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=x", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=--1", "limit"),
        ("limit=-", "limit"),
        ("marker=nowhere", "nowhere"),
        ("color=red", "color"),
        ("az_name=a&az_name=b", "az_name"),
    ],
)
def test_queries_that_do_not_do(api: webtest.TestApp, query: str, message: str) -> None:
    assert_error(api.get(f"/v1.0/pods?{query}", expect_errors=True), 400, message)


@pytest.mark.parametrize("limit", ["0", "-1", "-0", "-99999999999999999999"])
def test_no_limit_of_the_callers_own(build: Build, limit: str) -> None:
    """Old clients say so."""
    api = build(default="pagination_max_limit = 2\nvalidate_pod_region = false")
    for number in range(3):
        create(api, region_name=f"R{number}", az_name="az")
    page = api.get(f"/v1.0/pods?limit={limit}").json
    assert [pod["region_name"] for pod in page["pods"]] == ["R0", "R1"]
    rest = api.get(page["pods_links"][0]["href"]).json
    assert [pod["region_name"] for pod in rest["pods"]] == ["R2"]


def test_accounts_begin_with_centrals(api: webtest.TestApp) -> None:
    answer = create(api, region_name="RegionOne", az_name="az1", user_id="one")
    assert_error(answer, 422, "user_id: a region's pod can have one when the central pod has")
    create(api, region_name="CentralRegion")
    answer = create(api, region_name="RegionOne", az_name="az1", user_id="one")
    assert_error(answer, 422, "first set that of CentralRegion")
    central = api.get("/v1.0/pods").json["pods"][0]
    api.delete(f"/v1.0/pods/{central['pod_id']}", status=200)
    assert create(api, region_name="CentralRegion", user_id=" tricircle ").json["pod"]["user_id"] == "tricircle"
    assert create(api, region_name="RegionOne", az_name="az1", user_id="one").json["pod"]["user_id"] == "one"
    answer = create(api, region_name="RegionTwo", az_name="az2", user_id="one")
    assert_error(answer, 409, "user_id: account one speaks for RegionOne already")
    assert create(api, region_name="RegionTwo", az_name="az2").json["pod"]["user_id"] == ""


def test_what_is_set_later_is_no_field_of_a_new_pod(api: webtest.TestApp) -> None:
    assert_error(create(api, region_name="RegionOne", az_name="az1", draining=True), 400, "'draining'")
