"""The queue's promises on real databases."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.functional.jobs.base import rows
from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain.errors import Invalid, LeaseLost
from tricircle.domain.jobs import Job, JobRequest, JobStatus, JobType
from tricircle.jobs.queue import JobQueue


def request(network: str = "net", pod: str = "pod") -> JobRequest:
    return JobRequest(JobType.SHADOW_PORT_SETUP, {"pod_id": pod, "network_id": network}, "project")


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def claim(queue: JobQueue, worker: str = "worker") -> Job:
    job = queue.claim(worker)
    assert job is not None
    return job


def test_requests_join_the_waiting_job(database: Database, queue: JobQueue) -> None:
    queue.enqueue([request(), request()])
    queue.enqueue([request(), request("other")])
    assert len(rows(database, models.Job)) == 2
    first, second = claim(queue), claim(queue)
    assert {first.resource["network_id"], second.resource["network_id"]} == {"net", "other"}
    assert (first.status, first.attempts, first.worker) == (JobStatus.RUNNING, 1, "worker")
    assert queue.claim("worker") is None


def test_request_during_a_run_makes_exactly_one_more(database: Database, queue: JobQueue) -> None:
    queue.enqueue([request()])
    running = claim(queue)
    queue.enqueue([request()])
    queue.enqueue([request()])
    assert queue.claim("other") is None, "the same never runs twice at once"
    queue.finish(running)
    again = claim(queue, "other")
    assert again.id != running.id
    queue.finish(again)
    assert queue.claim("worker") is None
    assert rows(database, models.Job) == []
    assert [row.status for row in rows(database, models.JobLog)] == ["SUCCESS"] * 2


def test_failure_waits_for_its_time_and_keeps_its_reason(database: Database, queue: JobQueue) -> None:
    queue.enqueue([request()])
    queue.fail(claim(queue), "region is down", retry_in=0.3)
    queue.enqueue([request()])  # joins; the back-off stays
    assert queue.claim("worker") is None
    time.sleep(0.35)
    job = claim(queue)
    assert (job.attempts, job.last_error) == (2, "region is down")
    assert len(rows(database, models.Job)) == 1


def test_permanent_failure_waits_for_a_request(database: Database, queue: JobQueue) -> None:
    queue.enqueue([request()])
    queue.fail(claim(queue), "no such network", retry_in=None)
    assert queue.claim("worker") is None
    (row,) = rows(database, models.Job)
    assert (row.status, row.last_error, row.next_attempt_at) == ("FAIL", "no such network", None)
    queue.enqueue([request()])
    assert claim(queue).attempts == 2


@pytest.mark.parametrize(("retry_in", "due"), [(60.0, False), (None, True)])
def test_failure_meets_a_newer_request(database: Database, queue: JobQueue, retry_in: float | None, due: bool) -> None:
    queue.enqueue([request()])
    running = claim(queue)
    queue.enqueue([request()])
    queue.fail(running, "broken", retry_in)
    (row,) = rows(database, models.Job)
    assert (row.status, row.last_error, row.attempts) == ("FAIL", "broken", 1)
    (logged,) = rows(database, models.JobLog)
    assert (logged.id, logged.status, logged.last_error) == (running.id, "FAIL", "broken")
    assert (queue.claim("worker") is not None) is due


def test_dead_workers_job_is_taken_over_and_the_dead_cannot_write(database: Database) -> None:
    queue = JobQueue(database, lease=1.5)
    queue.enqueue([request()])
    lost = claim(queue, "dead")
    time.sleep(1)
    queue.heartbeat(lost)
    time.sleep(1)
    assert queue.claim("heir") is None, "the heartbeat kept it"
    time.sleep(1)
    taken = claim(queue, "heir")
    assert (taken.id, taken.worker, taken.attempts) == (lost.id, "heir", 2)
    for write in (queue.heartbeat, queue.finish, queue.release, lambda job: queue.fail(job, "x", 1.0)):
        with pytest.raises(LeaseLost, match="dead"):
            write(lost)
    queue.finish(taken)
    assert [row.worker for row in rows(database, models.JobLog)] == ["heir"]


def test_released_job_is_as_before(queue: JobQueue) -> None:
    queue.enqueue([request()])
    queue.release(claim(queue))
    assert claim(queue).attempts == 1


def test_only_types_that_the_worker_knows(queue: JobQueue) -> None:
    queue.enqueue([request()])
    assert queue.claim("worker", [JobType.PORT_DELETE]) is None
    assert queue.claim("worker", []) is None
    assert queue.claim("worker", [JobType.SHADOW_PORT_SETUP]) is not None


def test_wrong_resource_is_refused_whole(database: Database, queue: JobQueue) -> None:
    with pytest.raises(Invalid, match="needs pod_id"):
        queue.enqueue([request(), JobRequest(JobType.PORT_DELETE, {"port_id": "x"}, "project")])
    assert rows(database, models.Job) == []


def test_many_at_once_neither_lose_nor_share(database: Database, queue: JobQueue) -> None:
    """Requests and claims race: each key runs after its last request, and never twice at a time."""
    networks = [f"net{number}" for number in range(6)]
    held: set[str] = set()
    done: list[str] = []

    def work(number: int) -> None:
        queue.enqueue([request(network) for network in networks[number % 3 :]])
        while (job := queue.claim(f"worker{number}")) is not None:
            network = job.resource["network_id"]
            assert network not in held
            held.add(network)
            held.remove(network)
            queue.finish(job)
            done.append(network)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))
    while (job := queue.claim("last")) is not None:
        queue.finish(job)
        done.append(job.resource["network_id"])
    assert set(done) == set(networks)
    assert rows(database, models.Job) == []
    assert len(rows(database, models.JobLog)) == len(done)
