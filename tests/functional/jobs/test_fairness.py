"""What keeps one region, or one stopping process, from holding up the rest."""

import threading

import pytest

from tests.functional.jobs.base import rows
from tests.functional.waiting import eventually
from tricircle.db import models, pods
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobStatus, JobType
from tricircle.domain.payloads import NetworkInPod
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings


def request(network: str, pod: str) -> JobRequest:
    return JobRequest(JobType.SHADOW_PORT_SETUP, {"pod_id": pod, "network_id": network}, "project")


@pytest.mark.parametrize(("threads", "count", "share"), [(16, 0, 16), (16, 1, 8), (16, 3, 4), (2, 9, 1), (1, 1, 1)])
def test_share_of_a_pod(threads: int, count: int, share: int) -> None:
    assert WorkerSettings("worker", threads=threads).share(count) == share


def test_claim_leaves_pods_out(database: Database) -> None:
    queue = JobQueue(database, lease=0.0)
    queue.enqueue([request("net", pod) for pod in ("a", "b")])
    for _ in range(2):  # when they wait, and when their leases have ended
        first = queue.claim("worker", not_in_pods=["b"])
        assert first is not None
        assert first.resource["pod_id"] == "a"
    assert queue.claim("worker", not_in_pods=["a", "b"]) is None


def test_a_dead_region_leaves_threads_for_the_others(sqlite_database: Database) -> None:
    """Many old jobs of a region that does not answer; those of another region are done all the same.

    Regions that have no work take no share.
    """
    with sqlite_database.writer() as session:
        for number in range(30):
            pods.create(session, region_name=f"Region{number}", az_name="az")
    queue = JobQueue(sqlite_database)
    released = threading.Event()
    hanging: list[str] = []

    def handler(payload: NetworkInPod) -> None:
        if payload.pod_id == "dead":
            hanging.append(payload.network_id)
            released.wait(30)

    queue.enqueue([request(f"n{number}", "dead") for number in range(50)])
    settings = WorkerSettings("worker", threads=6, poll_interval=0.05)
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: handler}, settings)
    worker.start()
    try:
        eventually(lambda: len(hanging) == 3)
        queue.enqueue([request(f"n{number}", "alive") for number in range(10)])
        eventually(lambda: len(rows(sqlite_database, models.JobLog)) == 10)
        assert len(hanging) == 3
    finally:
        released.set()
        worker.stop()


def test_what_does_not_end_in_time_is_given_back(sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database)
    started, released = threading.Event(), threading.Event()

    def handler(payload: NetworkInPod) -> None:
        started.set()
        released.wait(30)

    queue.enqueue([request("net", "pod")])
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: handler}, WorkerSettings("worker", poll_interval=0.05))
    worker.start()
    assert started.wait(10)
    worker.stop(grace=0.1)
    (row,) = rows(sqlite_database, models.Job)
    assert (row.status, row.attempts, row.worker) == (JobStatus.NEW, 0, None)
    assert queue.claim("other") is None, "the process that gave it back gets the time to end"
    released.set()
    eventually(lambda: not any(thread.name.startswith("job") for thread in threading.enumerate()))
    assert len(rows(sqlite_database, models.Job)) == 1, "a run that ends too late counts for nothing"
