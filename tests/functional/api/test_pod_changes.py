"""PUT and DELETE of /v1.0/pods/{pod_id}."""

from typing import Any

import pytest
import requests_mock
import webtest

from tests.functional.api.base import ID, assert_error, central_pod, in_pod
from tests.functional.api.central import Central
from tests.functional.api.conftest import Build
from tests.functional.api.keystone import KEYSTONE, catalog_token
from tricircle.db import pods
from tricircle.db.engine import Database
from tricircle.domain.jobs import Job
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def queue(sqlite_database: Database) -> JobQueue:
    return JobQueue(sqlite_database)


@pytest.fixture
def central_id(sqlite_database: Database) -> str:
    return central_pod(sqlite_database, user_id="tricircle")


@pytest.fixture
def pod_id(sqlite_database: Database, central_id: str) -> str:
    """RegionOne, which has a network, beside the central pod."""
    return in_pod(sqlite_database)


def change(api: webtest.TestApp, pod_id: str, /, **fields: Any) -> webtest.TestResponse:
    return api.put_json(f"/v1.0/pods/{pod_id}", {"pod": fields}, expect_errors=True)


def show(api: webtest.TestApp, pod_id: str) -> dict[str, Any]:
    pod: dict[str, Any] = api.get(f"/v1.0/pods/{pod_id}").json["pod"]
    return pod


def jobs(api: webtest.TestApp) -> list[tuple[str, str]]:
    return [(job["type"], job["status"]) for job in api.get("/v1.0/jobs").json["jobs"]]


def take(queue: JobQueue) -> Job:
    job = queue.claim("worker")
    assert job is not None
    return job


@pytest.mark.parametrize(
    "fields",
    [{"az_name": "az9"}, {"pod_az_name": "nova", "dc_name": "dc"}, {"user_id": "one"}, {"draining": True}],
)
def test_each_field_for_itself(api: webtest.TestApp, pod_id: str, fields: dict[str, Any]) -> None:
    before = show(api, pod_id)
    answer = change(api, pod_id, **fields)
    assert (answer.status_int, answer.json["pod"]) == (200, {**before, **fields})
    assert show(api, pod_id) == {**before, **fields}


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({}, 400, "pod"),
        ({"color": "red"}, 400, "'color'"),
        ({"pod_id": ID}, 400, "'pod_id'"),
        ({"dc_name": None}, 400, "pod.dc_name"),
        ({"draining": "true"}, 400, "pod.draining"),
        ({"user_id": "x" * 256}, 400, "pod.user_id"),
        ({"region_name": " "}, 422, "region_name: must name a region"),
        ({"region_name": "RegionNine"}, 422, "CentralRegion, RegionOne, RegionTwo"),
        ({"region_name": "CentralRegion"}, 409, "CentralRegion is a pod already"),
        ({"user_id": "tricircle"}, 409, "account tricircle speaks for CentralRegion already"),
        ({"az_name": ""}, 422, "cannot become the central pod"),
    ],
)
def test_changes_that_do_not_do(
    api: webtest.TestApp, central: Central, pod_id: str, *, fields: dict[str, Any], code: int, message: str
) -> None:
    before = show(api, pod_id)
    assert_error(change(api, pod_id, **fields), code, message)
    assert show(api, pod_id) == before
    assert central.renamed == []
    assert_error(change(api, ID, dc_name="dc"), 404, ID)


def test_the_central_pod_stays_what_it_is(api: webtest.TestApp, pod_id: str, central_id: str) -> None:
    assert_error(change(api, central_id, az_name="az1"), 422, "az_name: CentralRegion is the central pod")
    assert_error(change(api, central_id, draining=True), 422, "draining: CentralRegion is the central pod")
    assert change(api, pod_id, user_id="one").status_int == 200
    assert_error(change(api, central_id, user_id=""), 409, "first empty those of RegionOne")
    assert_error(api.delete(f"/v1.0/pods/{central_id}", expect_errors=True), 409, "RegionOne")
    assert change(api, central_id, user_id="other", dc_name="dc").status_int == 200
    assert change(api, pod_id, user_id="").status_int == 200
    assert change(api, central_id, user_id="").status_int == 200
    assert_error(change(api, pod_id, user_id="one"), 422, "first set that of CentralRegion")
    api.delete(f"/v1.0/pods/{central_id}", status=200)
    assert_error(change(api, pod_id, user_id="one"), 422, "first create that with one")


def test_renaming_a_region_tells_central_first(build: Build, pod_id: str, central: Central) -> None:
    api = build(default="validate_pod_region = false")
    assert change(api, pod_id, region_name="a/b ü", dc_name="dc").json["pod"]["region_name"] == "a/b ü"
    assert change(api, pod_id, region_name="RegionTwo").status_int == 200
    assert central.renamed == [("RegionOne", "a/b ü"), ("a%2Fb%20%C3%BC", "RegionTwo")]
    assert change(api, pod_id, region_name="RegionTwo", dc_name="other").status_int == 200
    assert len(central.renamed) == 2, "the name was no other"


def test_central_itself_is_renamed_without_being_told(api: webtest.TestApp, central_id: str, central: Central) -> None:
    assert change(api, central_id, region_name="RegionTwo").json["pod"]["region_name"] == "RegionTwo"
    assert central.renamed == []


@pytest.mark.parametrize(
    ("code", "refusal", "expected", "message"),
    [
        (503, "", 503, "CentralRegion does not answer"),
        (404, "", 503, "CentralRegion does not answer"),
        (403, "not for you", 503, "not for you"),
        (409, "RegionTwo has ports", 409, "region_name: central Neutron does not take RegionTwo: RegionTwo has ports"),
    ],
)
def test_nothing_changes_unless_central_has_renamed(
    api: webtest.TestApp, pod_id: str, central: Central, *, code: int, refusal: str, expected: int, message: str
) -> None:
    before = show(api, pod_id)
    central.code, central.refusal = code, refusal
    assert_error(change(api, pod_id, region_name="RegionTwo", draining=True), expected, message)
    assert show(api, pod_id) == before
    assert jobs(api) == []


def test_a_name_that_is_new_in_the_catalogue(
    api: webtest.TestApp, pod_id: str, central: Central, keystone: requests_mock.Mocker
) -> None:
    assert_error(change(api, pod_id, region_name="RegionNew"), 422, "RegionNew")
    token = catalog_token("CentralRegion", "RegionNew")
    keystone.post(f"{KEYSTONE}/v3/auth/tokens", json=token, headers={"X-Subject-Token": "new-token"})
    assert change(api, pod_id, region_name="RegionNew").status_int == 200
    assert central.renamed == [("RegionOne", "RegionNew")]


def test_a_region_that_another_call_renames_meanwhile(
    build: Build, pod_id: str, central: Central, sqlite_database: Database, keystone: requests_mock.Mocker
) -> None:
    api = build(default="validate_pod_region = false")

    def rename(_request: Any, _context: Any) -> dict[str, Any]:
        with sqlite_database.writer() as session:
            pods.update(session, pod_id, {"region_name": "RegionThree"})
        return {}

    keystone.put("http://CentralRegion/v2.0/regional-pods/RegionOne", json=rename)
    assert_error(change(api, pod_id, region_name="RegionTwo"), 409, "RegionOne has become RegionThree meanwhile")


def test_draining_and_back(api: webtest.TestApp, pod_id: str) -> None:
    for _ in range(2):
        assert change(api, pod_id, draining=True).json["pod"]["draining"] is True
    (job,) = api.get("/v1.0/jobs").json["jobs"]
    assert (job["type"], job["resource"]) == ("pod_drain", {"pod_id": pod_id})
    assert change(api, pod_id, dc_name="dc").json["pod"]["draining"] is True
    assert change(api, pod_id, draining=False).json["pod"]["draining"] is False
    assert jobs(api) == []
    assert change(api, pod_id, draining=True).status_int == 200
    assert jobs(api) == [("pod_drain", "NEW")]


def test_a_drain_that_runs_comes_to_its_end(api: webtest.TestApp, pod_id: str, queue: JobQueue) -> None:
    change(api, pod_id, draining=True)
    running = take(queue)
    assert change(api, pod_id, draining=False).status_int == 200
    assert jobs(api) == [("pod_drain", "RUNNING")]
    queue.finish(running)


def test_a_region_that_is_gone_for_ever(api: webtest.TestApp, pod_id: str, queue: JobQueue) -> None:
    url = f"/v1.0/pods/{pod_id}"
    assert_error(api.delete(f"{url}?force=false", expect_errors=True), 409, "1 routing")
    job = api.delete(f"{url}?force=true", status=202).json["job"]
    assert (job["type"], job["status"], job["resource"]) == ("pod_delete", "NEW", {"pod_id": pod_id})
    assert show(api, pod_id)["draining"] is True
    assert jobs(api) == [("pod_delete", "NEW")]
    assert api.delete(f"{url}?force=true", status=202).json["job"]["id"] == job["id"]
    for answer in (change(api, pod_id, draining=False), api.delete(url, expect_errors=True)):
        assert_error(answer, 409, f"being deleted with all that is known of its region, by job {job['id']}")
    assert change(api, pod_id, dc_name="dc").status_int == 200
    api.delete(f"/v1.0/jobs/{job['id']}", status=200)
    assert change(api, pod_id, draining=False).status_int == 200
    assert queue.claim("worker") is None


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("force=yes", 400, "force: 'yes' is neither true nor false"),
        ("force=", 400, "force"),
        ("force=true&force=false", 400, "force: given more than once"),
        ("forced=true", 400, "forced"),
    ],
)
def test_queries_of_delete_that_do_not_do(
    api: webtest.TestApp, pod_id: str, query: str, code: int, message: str
) -> None:
    assert_error(api.delete(f"/v1.0/pods/{pod_id}?{query}", expect_errors=True), code, message)
    assert show(api, pod_id)["draining"] is False


def test_force_is_for_regions_that_are_pods(api: webtest.TestApp, central_id: str) -> None:
    assert_error(api.delete(f"/v1.0/pods/{central_id}?force=true", expect_errors=True), 422, "force")
    assert_error(api.delete(f"/v1.0/pods/{ID}?force=true", expect_errors=True), 404, ID)
    assert jobs(api) == []


def test_a_drained_pod_is_deleted_with_its_job(api: webtest.TestApp, pod_id: str) -> None:
    change(api, pod_id, draining=True)
    (routing,) = api.get("/v1.0/routings").json["routings"]
    api.delete(f"/v1.0/routings/{routing['id']}", status=200)
    api.delete(f"/v1.0/pods/{pod_id}", status=200)
    assert jobs(api) == []


def test_jobs_are_of_the_callers_project(build: Build, pod_id: str) -> None:
    api = build(token=None, default="auth_strategy = noauth\nvalidate_pod_region = false")
    change(api, pod_id, draining=True)
    job = api.delete(f"/v1.0/pods/{pod_id}?force=true", headers={"X-Project-Id": "admins"}).json["job"]
    assert job["project_id"] == "admins"
    assert [job["type"] for job in api.get("/v1.0/jobs?project_id=").json["jobs"]] == ["pod_drain"]
