"""multiregion networking job."""

import pytest

from tests.functional.osc.conftest import Run, as_json
from tricircle.db.engine import Database
from tricircle.domain.errors import NotFound
from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.payloads import Project
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings

JOB = ("--os-region-name", "CentralRegion", "multiregion", "networking", "job")
CREATE = (*JOB, "create", "--type", "seg_rule_setup", "--project-id")


@pytest.fixture
def queue(sqlite_database: Database) -> JobQueue:
    return JobQueue(sqlite_database)


def test_life_of_a_job(openstack: Run, queue: JobQueue) -> None:
    made = as_json(openstack(*CREATE, "p1", "-f", "json"))
    assert (made["status"], made["resource"], made["project_id"]) == ("NEW", {"project_id": "p1"}, "p1")
    (asked,) = made["request_ids"]
    assert asked.startswith("req-")
    running = queue.claim("worker")
    assert running is not None
    queue.fail(running, "region is down", retry_in=600)
    assert openstack(*JOB, "redo", made["id"]) == (0, "", "")
    again = queue.claim("worker")
    assert again is not None
    code, _, err = openstack(*JOB, "delete", made["id"])
    assert code != 0
    assert "1 of 1 jobs failed to delete" in err
    queue.finish(again)
    shown = as_json(openstack(*JOB, "show", made["id"], "-f", "json"))
    assert (shown["status"], shown["request_ids"][0], len(shown["request_ids"])) == ("SUCCESS", asked, 2)
    code, _, err = openstack(*JOB, "redo", made["id"])
    assert code != 0
    assert "is over" in err
    waiting = as_json(openstack(*CREATE, "p1", "-f", "json"))
    assert openstack(*JOB, "delete", waiting["id"]) == (0, "", "")


def test_list(openstack: Run, queue: JobQueue) -> None:
    for project in ("p1", "p2", "p3"):
        openstack(*CREATE, project)
    done = queue.claim("worker")
    assert done is not None
    queue.finish(done)

    def projects(*options: str) -> list[str]:
        listed = as_json(openstack(*JOB, "list", "--long", *options, "-f", "json"))
        return [row["project_id"] for row in listed]

    others = [name for name in ("p3", "p2", "p1") if name != done.project_id]
    assert projects() == [*others, done.project_id]
    assert projects("--limit", "1") == others[:1]
    assert projects("--status", "success") == [done.project_id]
    assert projects("--type", "port_delete") == []
    assert projects("--project_id", others[1]) == others[1:]
    first = as_json(openstack(*JOB, "list", "-f", "json"))[0]
    assert list(first) == ["id", "type", "status", "attempts", "resource", "last_error"]
    assert projects("--marker", first["id"]) == [others[1], done.project_id]


def test_options_of_every_resource(openstack: Run) -> None:
    options = ("--type", "update_network", "--project_id", "p", "--pod_id", "nowhere", "--network_id", "n")
    code, _, err = openstack(*JOB, "create", *options)
    assert code != 0
    assert "resource.pod_id: Pod nowhere does not exist" in err
    code, _, err = openstack(*JOB, "create", "--type", "update_network", "--project-id", "p", "--router-id", "r")
    assert code != 0
    assert "needs network_id, pod_id" in err


def test_jobs_that_other_calls_make_are_no_choice(openstack: Run) -> None:
    with pytest.raises(SystemExit):
        openstack(*JOB, "create", "--type", "pod_delete", "--project-id", "p", "--pod-id", "x")
    assert as_json(openstack(*JOB, "list", "--type", "pod_delete", "-f", "json")) == []


def fails(payload: Project) -> None:
    raise NotFound(f"project {payload.project_id} is gone")


@pytest.mark.parametrize(("handler", "failure"), [(lambda payload: None, None), (fails, "project p1 is gone")])
def test_waiting_for_the_end(openstack: Run, queue: JobQueue, handler: Handler, failure: str | None) -> None:
    worker = Worker(queue, {JobType.SEG_RULE_SETUP: handler}, WorkerSettings("worker", poll_interval=0.1))
    worker.start()
    try:
        code, out, err = openstack(*CREATE, "p1", "--wait", "-f", "json")
    finally:
        worker.stop()
    assert (code == 0) == (failure is None)
    assert (failure or "SUCCESS") in (err if failure else out)


def test_waiting_has_an_end(openstack: Run) -> None:
    code, _, err = openstack(*CREATE, "p1", "--wait", "--timeout", "0")
    assert code != 0
    assert "is NEW after 0 s" in err
