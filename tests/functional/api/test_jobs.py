"""/v1.0/jobs."""

import time

import pytest
import requests_mock
import webtest

from tests.functional.api.base import ID, assert_error, central_pod, in_pod
from tests.functional.api.central import URL, Central
from tests.functional.api.conftest import Build
from tricircle.db.engine import Database
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import Job, JobRequest, JobType
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def queue(sqlite_database: Database) -> JobQueue:
    return JobQueue(sqlite_database)


def put(queue: JobQueue, network: str, project: str = "project") -> None:
    queue.enqueue([JobRequest(JobType.UPDATE_NETWORK, {"pod_id": "pod", "network_id": network}, project)])
    time.sleep(0.002)  # SQLite's clock counts milliseconds, and jobs are listed by age


def take(queue: JobQueue) -> Job:
    job = queue.claim("worker")
    assert job is not None
    return job


def test_a_jobs_life(api: webtest.TestApp, queue: JobQueue) -> None:
    put(queue, "net")
    (new,) = api.get("/v1.0/jobs").json["jobs"]
    assert (new["status"], new["attempts"], new["last_error"], new["worker"]) == ("NEW", 0, None, None)
    assert new["resource"] == {"pod_id": "pod", "network_id": "net"}
    url = f"/v1.0/jobs/{new['id']}"
    running = take(queue)
    assert api.get(url).json["job"]["status"] == "RUNNING"
    queue.fail(running, "region is down", retry_in=0)
    failed = api.get(url).json["job"]
    assert (failed["status"], failed["attempts"], failed["last_error"]) == ("FAIL", 1, "region is down")
    assert failed["next_attempt_at"].endswith("Z")
    queue.finish(take(queue))
    done = api.get(url).json["job"]
    assert (done["status"], done["attempts"], done["next_attempt_at"]) == ("SUCCESS", 2, None)
    assert done["timestamp"] == done["updated_at"]
    assert_error(api.get(f"/v1.0/jobs/{ID}", expect_errors=True), 404, ID)


def test_a_job_shows_who_asked_for_it(api: webtest.TestApp, queue: JobQueue) -> None:
    body = {"job": {"type": "seg_rule_setup", "project_id": "p", "resource": {"project_id": "p"}}}
    first = api.post_json("/v1.0/jobs", body)
    assert first.json["job"]["request_ids"] == [first.headers["x-openstack-request-id"]]
    passed_on = {"X-Openstack-Request-Id": "req-6d2a8f0e-0000-4000-8000-000000000001"}
    second = api.post_json("/v1.0/jobs", body, headers=passed_on)
    job = second.json["job"]
    assert job["request_ids"] == [*first.json["job"]["request_ids"], passed_on["X-Openstack-Request-Id"]]
    again = api.put(f"/v1.0/jobs/{job['id']}")
    assert again.json["job"]["request_ids"] == [*job["request_ids"], again.headers["x-openstack-request-id"]]
    queue.finish(take(queue))
    assert api.get(f"/v1.0/jobs/{job['id']}").json["job"]["request_ids"] == again.json["job"]["request_ids"]


def test_active_jobs_come_first_in_pages(build: Build, queue: JobQueue) -> None:
    api = build(default="pagination_max_limit = 2")
    for number in range(3):
        put(queue, f"done{number}")
        queue.finish(take(queue))
    for number in range(3):
        put(queue, f"new{number}")
    url, seen = "/v1.0/jobs", []
    while url:
        page = api.get(url).json
        seen += [job["resource"]["network_id"] for job in page["jobs"]]
        url = page["jobs_links"][0]["href"] if "jobs_links" in page else ""
    assert seen == ["new2", "new1", "new0", "done2", "done1", "done0"]


def submit(api: webtest.TestApp, **fields: object) -> webtest.TestResponse:
    return api.post_json("/v1.0/jobs", {"job": fields}, expect_errors=True)


def test_create_redo_delete(api: webtest.TestApp, sqlite_database: Database, queue: JobQueue) -> None:
    resource = {"pod_id": in_pod(sqlite_database), "network_id": "net"}
    answer = submit(api, type="update_network", project_id="project", resource=resource)
    assert answer.status_int == 202
    job = answer.json["job"]
    assert (job["status"], job["type"], job["resource"]) == ("NEW", "update_network", resource)
    again = submit(api, type="update_network", project_id="project", resource=resource)
    assert again.json["job"]["id"] == job["id"]
    url = f"/v1.0/jobs/{job['id']}"
    running = take(queue)
    assert_error(api.delete(url, expect_errors=True), 400, "running")
    queue.fail(running, "region is down", retry_in=600)
    assert queue.claim("worker") is None
    assert api.put(url, status=200).json["job"]["id"] == job["id"]
    queue.finish(take(queue))
    for method in (api.put, api.delete):
        assert_error(method(url, expect_errors=True), 400, "is over (SUCCESS)")
        assert_error(method(f"/v1.0/jobs/{ID}", expect_errors=True), 404, ID)
    waiting = submit(api, type="update_network", project_id="project", resource=resource).json["job"]["id"]
    assert api.delete(f"/v1.0/jobs/{waiting}", status=200).json == {}
    assert queue.claim("worker") is None


@pytest.mark.parametrize(
    ("type_", "resource", "message"),
    [
        ("update_network", {}, "needs network_id, pod_id"),
        ("update_network", {"network_id": "net"}, "needs pod_id"),
        ("update_network", {"pod_id": "POD", "network_id": " "}, "job.resource.network_id"),
        ("update_network", {"pod_id": "POD", "network_id": "net", "port_id": "x", "a": "b"}, "takes no a, port_id"),
        ("update_network", {"pod_id": "nowhere", "network_id": "net"}, "resource.pod_id: Pod nowhere"),
        ("update_network", {"pod_id": "POD", "network_id": 5}, "job.resource.network_id"),
        ("update_network", {"pod_id": "POD", "network_id": "x" * 256}, "job.resource.network_id"),
        ("update_network", [], "job.resource"),
        ("make_coffee", {}, "make_coffee"),
        ("sfc_sync", {"pod_id": "POD", "portchain_id": "c", "network_id": "net"}, "does not do sfc_sync yet"),
        ("seg_rule_setup", {"project_id": "other"}, "other is not of project project"),
        ("pod_delete", {"pod_id": "POD"}, "DELETE /pods/{pod_id}?force=true makes it"),
        ("pod_drain", {"pod_id": "POD"}, "PUT /pods/{pod_id} with draining makes it"),
    ],
)
def test_jobs_that_are_not_taken(
    api: webtest.TestApp, sqlite_database: Database, type_: str, resource: object, message: str
) -> None:
    pod_id = in_pod(sqlite_database)
    if isinstance(resource, dict) and resource.get("pod_id") == "POD":
        resource = {**resource, "pod_id": pod_id}
    assert_error(submit(api, type=type_, project_id="project", resource=resource), 400, message)
    assert api.get("/v1.0/jobs").json == {"jobs": []}


@pytest.mark.parametrize("missing", ["type", "project_id", "resource"])
def test_every_field_is_needed(api: webtest.TestApp, missing: str) -> None:
    whole = {"type": "seg_rule_setup", "project_id": "p", "resource": {"project_id": "p"}}
    answer = submit(api, **{name: value for name, value in whole.items() if name != missing})
    assert_error(answer, 400, missing)
    assert_error(submit(api, **whole, color="red"), 400, "color")


def test_resource_of_another_project(api: webtest.TestApp, sqlite_database: Database) -> None:
    pod_id = in_pod(sqlite_database, "owner")
    resource = {"pod_id": pod_id, "network_id": "net"}
    answer = submit(api, type="update_network", project_id="thief", resource=resource)
    assert_error(answer, 400, "resource.network_id: net is not of project thief")
    assert submit(api, type="update_network", project_id="owner", resource=resource).status_int == 202


@pytest.mark.parametrize(
    ("type_", "field", "collection"),
    [
        ("update_network", "network_id", "networks"),
        ("shadow_port_setup", "network_id", "networks"),
        ("subnet_update", "subnet_id", "subnets"),
        ("port_delete", "port_id", "ports"),
        ("port_update", "port_id", "ports"),
        ("configure_route", "router_id", "routers"),
        ("router_setup", "router_id", "routers"),
    ],
)
def test_resources_that_are_in_no_region(
    api: webtest.TestApp, sqlite_database: Database, central: Central, *, type_: str, field: str, collection: str
) -> None:
    """Central knows them, or has deleted them of late, or they are mistyped."""
    central_pod(sqlite_database)
    central.add(collection, "whole")
    central.add("tombstones", "deleted")
    names = KINDS[JobType(type_)].fields
    resource = {**dict.fromkeys(names, "net"), **({"pod_id": in_pod(sqlite_database)} if "pod_id" in names else {})}
    for known in ("whole", "deleted"):
        answer = submit(api, type=type_, project_id="project", resource={**resource, field: known})
        assert answer.status_int == 202, answer.text
    answer = submit(api, type=type_, project_id="project", resource={**resource, field: "mistyped"})
    assert_error(answer, 400, f"resource.{field}: ")
    assert "mistyped" in answer.json["error"]["message"]


def test_a_router_s_part_is_one_job_whatever_network_is_named(
    api: webtest.TestApp, sqlite_database: Database, central: Central
) -> None:
    """Two at a time would read the part and put it out of turn."""
    central_pod(sqlite_database)
    central.add("routers", "router")
    pod_id, jobs = in_pod(sqlite_database), []
    for network_id in ("one", "two"):
        resource = {"pod_id": pod_id, "router_id": "router", "network_id": network_id}
        jobs.append(submit(api, type="router_setup", project_id="project", resource=resource).json["job"])
    assert jobs[0]["id"] == jobs[1]["id"]
    assert jobs[0]["resource"] == {"pod_id": pod_id, "router_id": "router", "network_id": "router"}


def test_central_cannot_say_what_it_has(api: webtest.TestApp, sqlite_database: Database, central: Central) -> None:
    resource = {"pod_id": in_pod(sqlite_database), "network_id": "new"}
    job = {"type": "update_network", "project_id": "project", "resource": resource}
    central.add("networks", "new")
    assert_error(submit(api, **job), 503, "there is no central pod")
    central_pod(sqlite_database)
    central.code = 503
    assert_error(submit(api, **job), 503, "CentralRegion does not answer")
    central.code, central.refusal = 403, "not for you"
    assert_error(submit(api, **job), 503, "not for you")
    known = {**resource, "network_id": "net"}
    assert submit(api, **{**job, "resource": known}).status_int == 202, "a routing knows it, so nobody is asked"
    project = {"type": "seg_rule_setup", "project_id": "project", "resource": {"project_id": "project"}}
    assert submit(api, **project).status_int == 202
    central.code = 0
    assert submit(api, **job).status_int == 202


def test_what_is_no_answer_of_neutrons_says_nothing(
    api: webtest.TestApp, sqlite_database: Database, keystone: requests_mock.Mocker
) -> None:
    """A proxy in central's place must not make an id look mistyped."""
    central_pod(sqlite_database)
    job = {"type": "configure_route", "project_id": "project", "resource": {"router_id": "router"}}
    for answer in ({"text": "default backend", "status_code": 404}, {"text": "<html>"}, {"json": {"servers": []}}):
        keystone.get(f"{URL}/routers", **answer)
        assert_error(submit(api, **job), 503, "Central Neutron cannot be asked")


def test_central_as_configured_needs_no_pod(build: Build, central: Central) -> None:
    api = build(default="[client]\ntop_region_name = CentralRegion\n[DEFAULT]")
    central.add("routers", "router")
    job = {"type": "configure_route", "project_id": "project", "resource": {"router_id": "router"}}
    assert submit(api, **job).status_int == 202


def test_pages_go_on_when_their_last_job_is_over(build: Build, queue: JobQueue) -> None:
    api = build(default="pagination_max_limit = 2")
    for number in range(6):
        put(queue, f"n{number}")
    page = api.get("/v1.0/jobs").json
    seen = [job["resource"]["network_id"] for job in page["jobs"]]
    api.delete(f"/v1.0/jobs/{page['jobs'][1]['id']}", status=200)
    claimed = [take(queue) for _ in range(5)]
    for job in claimed:  # the oldest is shown once, in the log
        (queue.finish if job.resource["network_id"] == "n0" else queue.release)(job)
    put(queue, "late")
    while "jobs_links" in page:
        page = api.get(page["jobs_links"][0]["href"]).json
        seen += [job["resource"]["network_id"] for job in page["jobs"]]
    assert seen[:2] == ["n5", "n4"]
    assert sorted(seen) == [f"n{number}" for number in range(6)]


def test_plain_ids_are_markers_too(api: webtest.TestApp, queue: JobQueue) -> None:
    for number in range(4):
        put(queue, f"n{number}")
    queue.finish(take(queue))
    ids = [job["id"] for job in api.get("/v1.0/jobs").json["jobs"]]
    for place, job_id in enumerate(ids):
        rest = api.get(f"/v1.0/jobs?marker={job_id}").json["jobs"]
        assert [job["id"] for job in rest] == ids[place + 1 :]
    assert_error(api.get("/v1.0/jobs?marker=,x", expect_errors=True), 400, "marker")
