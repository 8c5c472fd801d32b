"""/v1.0/jobs."""

import pytest
import webtest

from tests.functional.api.conftest import Build
from tests.functional.api.test_api import ID, assert_error
from tricircle.db.engine import Database
from tricircle.domain.jobs import Job, JobRequest, JobType
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def queue(sqlite_database: Database) -> JobQueue:
    return JobQueue(sqlite_database)


def put(queue: JobQueue, network: str, project: str = "project") -> None:
    queue.enqueue([JobRequest(JobType.UPDATE_NETWORK, {"pod_id": "pod", "network_id": network}, project)])


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


def test_filters(api: webtest.TestApp, queue: JobQueue) -> None:
    put(queue, "done", "p1")
    queue.finish(take(queue))
    put(queue, "new", "p2")
    for query, expected in [
        ("status=success", ["done"]),
        ("status=New", ["new"]),
        ("status=nonsense", []),
        ("type=update_network", ["new", "done"]),
        ("type=nonsense", []),
        ("project_id=p1", ["done"]),
    ]:
        for path in ("/v1.0/jobs", "/v1.0/jobs/detail"):
            found = api.get(f"{path}?{query}").json["jobs"]
            assert [job["resource"]["network_id"] for job in found] == expected, query
    for query in ("color=red", "marker=nowhere", "limit=x"):
        assert_error(api.get(f"/v1.0/jobs?{query}", expect_errors=True), 400)


def test_schemas(api: webtest.TestApp) -> None:
    schemas = {schema["type"]: schema["resource"] for schema in api.get("/v1.0/jobs/schemas").json["schemas"]}
    assert len(schemas) == len(JobType)
    assert schemas["router_setup"] == ["pod_id", "router_id", "network_id"]
