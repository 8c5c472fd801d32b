"""/metrics."""

import webtest
from prometheus_client.parser import text_string_to_metric_families

from tests.functional.api.base import assert_error
from tests.functional.api.conftest import Build
from tricircle.db import pods, region_states
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.jobs.queue import JobQueue

ON = "\n[metrics]\nin_api = true"


def request(project: str) -> JobRequest:
    return JobRequest(JobType.SEG_RULE_SETUP, {"project_id": project}, project)


def read(app: webtest.TestApp) -> dict[tuple[str, ...], float]:
    """Values by name, type or region, and state or status."""
    families = text_string_to_metric_families(app.get("/metrics", status=200).text)
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *_labels(dict(sample.labels))): sample.value for sample in samples}


def _labels(labels: dict[str, str]) -> tuple[str, ...]:
    return labels.pop("type" if "type" in labels else "region"), *labels.values()


def test_not_there_unless_configured(build: Build) -> None:
    assert_error(build().get("/metrics", expect_errors=True), 404)
    build(token=None).get("/metrics", status=401)


def test_every_type_is_shown_from_the_beginning(build: Build) -> None:
    found = read(build(token=None, default=ON))
    for kind in JobType:
        for state in ("waiting", "retrying", "stopped", "running", "abandoned"):
            assert found["tricircle_jobs", kind.value, state] == 0
        assert found["tricircle_job_log_entries", kind.value, "SUCCESS"] == 0
    assert_error(build(default=ON).post("/metrics", expect_errors=True), 405)


def test_states(build: Build, sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database)
    queue.enqueue([request(f"p{number}") for number in range(7)])
    jobs = [queue.claim("worker") for _ in range(5)]
    claimed = [job for job in jobs if job is not None]
    queue.finish(claimed[0])
    queue.fail(claimed[1], "region is down", retry_in=600)
    queue.fail(claimed[2], "no such project", retry_in=None)
    expired = JobQueue(sqlite_database, lease=-1)
    expired.heartbeat(claimed[3])
    found = read(build(token=None, default=ON))
    states = {state: found["tricircle_jobs", "seg_rule_setup", state] for state in ("waiting", "retrying", "stopped")}
    assert states == {"waiting": 2, "retrying": 1, "stopped": 1}
    assert found["tricircle_jobs", "seg_rule_setup", "running"] == 1
    assert found["tricircle_jobs", "seg_rule_setup", "abandoned"] == 1
    assert found["tricircle_job_log_entries", "seg_rule_setup", "SUCCESS"] == 1
    assert found["tricircle_job_attempts", "seg_rule_setup"] == 1
    assert 0 < found["tricircle_job_lateness_seconds", "seg_rule_setup"] < 600


def test_states_of_regions(build: Build, sqlite_database: Database) -> None:
    with sqlite_database.writer() as session:
        pods.create(session, region_name="CentralRegion")
        pods.create(session, region_name="RegionOne", az_name="az1")
        region_states.note(session, "CentralRegion", None)
    found = read(build(token=None, default=ON))
    for region, state in (("CentralRegion", "up"), ("RegionOne", "unknown")):
        for reach in ("up", "unreachable", "unknown"):
            assert found["tricircle_region_state", region, reach] == (reach == state)
    assert 0 <= found["tricircle_region_silence_seconds", "CentralRegion"] < 60
    assert ("tricircle_region_silence_seconds", "RegionOne") not in found


def test_database_out_of_reach(build: Build) -> None:
    url = "mysql+pymysql://root@localhost/none?unix_socket=/nonexistent"
    app = build(default=f"tricircle_db_connection = {url}\ntricircle_db_max_retries = 0{ON}")
    assert_error(app.get("/metrics", expect_errors=True), 503, "database")
