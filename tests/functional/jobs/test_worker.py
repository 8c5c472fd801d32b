"""A worker with real threads on a real database."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

from oslo_context.context import get_current

from tests.functional.jobs.base import request, rows
from tests.functional.waiting import eventually
from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain import leases, requests
from tricircle.domain.errors import LeaseLost, NotFound
from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.payloads import NetworkInPod
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Outcome, Worker, WorkerSettings


@contextmanager
def working(queue: JobQueue, handler: Handler, name: str = "worker") -> Iterator[Worker]:
    settings = WorkerSettings(name, threads=8, poll_interval=0.05, longest_delay=0.1)
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: handler}, settings)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def test_runs_everything_in_parallel_and_logs_it(database: Database) -> None:
    queue = JobQueue(database)
    together = threading.Barrier(4, timeout=10)

    def handler(payload: NetworkInPod) -> None:
        together.wait()

    with working(queue, handler):
        queue.enqueue([request(f"net{number}") for number in range(4)])
        eventually(lambda: len(rows(database, models.JobLog)) == 4)
    assert rows(database, models.Job) == []


def test_a_run_carries_the_youngest_request_that_it_answers(sqlite_database: Database) -> None:
    """In the log, and on the way to regions; a job that nobody has asked for is known by its own id."""
    queue = JobQueue(sqlite_database)
    asked = tuple(f"req-00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
    seen: dict[str, tuple[str | None, str | None, dict[str, str]]] = {}

    def handler(payload: NetworkInPod) -> None:
        context = get_current()
        assert context is not None
        seen[payload.network_id] = (context.request_id, context.global_request_id, requests.headers())

    with working(queue, handler):
        queue.enqueue([replace(request("asked"), request_ids=asked), request("unasked")])
        eventually(lambda: len(rows(sqlite_database, models.JobLog)) == 2)
    own = {row.resource["network_id"]: f"req-{row.id}" for row in rows(sqlite_database, models.JobLog)}
    assert seen == {
        "asked": (own["asked"], asked[1], {requests.HEADER: asked[1]}),
        "unasked": (own["unasked"], own["unasked"], {requests.HEADER: own["unasked"]}),
    }


def test_transient_errors_are_tried_again(sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database)
    runs: list[NetworkInPod] = []

    def handler(payload: NetworkInPod) -> None:
        runs.append(payload)
        if len(runs) < 3:
            raise ConnectionError("region is down")

    with working(queue, handler):
        queue.enqueue([request("net")])
        eventually(lambda: bool(rows(sqlite_database, models.JobLog)))
    (logged,) = rows(sqlite_database, models.JobLog)
    assert (logged.attempts, logged.last_error) == (3, "ConnectionError: region is down")


def test_permanent_errors_wait_for_a_request(sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database)
    runs: list[NetworkInPod] = []

    def handler(payload: NetworkInPod) -> None:
        runs.append(payload)
        raise NotFound("network net does not exist")

    with working(queue, handler):
        queue.enqueue([request("net")])
        eventually(lambda: [row.status for row in rows(sqlite_database, models.Job)] == ["FAIL"])
        time.sleep(0.3)
        assert len(runs) == 1
        queue.enqueue([request("net")])
        eventually(lambda: len(runs) == 2)


def test_lease_is_kept_alive_through_a_long_run_and_a_stop(sqlite_database: Database) -> None:
    """The run is three leases long, the worker is told to stop in the middle, and another worker gets nothing."""
    queue = JobQueue(sqlite_database, lease=0.6)
    started = threading.Event()

    def handler(payload: NetworkInPod) -> None:
        started.set()
        time.sleep(1.8)

    queue.enqueue([request("net")])
    with working(queue, handler) as worker:
        assert started.wait(5)
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        while stopping.is_alive():
            assert queue.claim("thief") is None
            stopping.join(0.1)
    (logged,) = rows(sqlite_database, models.JobLog)
    assert (logged.worker, logged.attempts) == ("worker", 1)


def test_a_lease_outlives_whatever_a_renewal_meets(sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database, lease=0.6)
    runs: list[NetworkInPod] = []

    def handler(payload: NetworkInPod) -> None:
        runs.append(payload)
        time.sleep(1.8)

    renew = mock.Mock(side_effect=[RuntimeError("lost"), *[mock.DEFAULT] * 99], wraps=queue.heartbeat)
    with mock.patch.object(queue, "heartbeat", renew), working(queue, handler), working(queue, handler, "other"):
        queue.enqueue([request("net")])
        eventually(lambda: len(rows(sqlite_database, models.JobLog)) == 1)
    assert len(runs) == 1
    assert renew.call_count > 2


def test_log_is_trimmed_by_age(database: Database) -> None:
    queue = JobQueue(database)
    with working(queue, lambda payload: None):
        queue.enqueue([request(f"net{number}") for number in range(3)])
        eventually(lambda: len(rows(database, models.JobLog)) == 3)
    queue.trim_log(3600)
    assert len(rows(database, models.JobLog)) == 3
    idle = Worker(queue, {}, WorkerSettings("worker", keep_log=0.01, trim_interval=0.1))
    idle.start()
    try:
        eventually(lambda: rows(database, models.JobLog) == [])
    finally:
        idle.stop()


def test_run_that_takes_too_long_is_taken_over_and_does_not_count(sqlite_database: Database) -> None:
    queue = JobQueue(sqlite_database, lease=0.3)
    first_may_end, runs = threading.Event(), []

    def handler(payload: NetworkInPod) -> None:
        runs.append(payload)
        if len(runs) == 1:
            first_may_end.wait(10)

    queue.enqueue([request("net")])
    settings = WorkerSettings("worker", threads=4, poll_interval=0.05, run_timeout=0.2)
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: handler}, settings)
    worker.start()
    eventually(lambda: len(rows(sqlite_database, models.JobLog)) == 1)
    first_may_end.set()
    worker.stop()
    (logged,) = rows(sqlite_database, models.JobLog)
    assert (logged.attempts, len(runs)) == (2, 2)
    assert rows(sqlite_database, models.Job) == []


def _raises_in_time() -> bool:
    leases.check()
    return False


def test_work_stops_when_its_lease_is_gone(sqlite_database: Database) -> None:
    """The first run is longer than it may be: it finds out by itself, before it writes more, and is told apart."""
    queue = JobQueue(sqlite_database, lease=0.3)
    runs: list[NetworkInPod] = []
    ends: list[str] = []
    counted: list[Outcome] = []

    def handler(payload: NetworkInPod) -> None:
        runs.append(payload)
        if len(runs) == 1:
            try:
                eventually(_raises_in_time)
            except LeaseLost:
                ends.append("stopped")
                raise
        ends.append("done")

    queue.enqueue([request("net")])
    settings = WorkerSettings("worker", threads=2, poll_interval=0.05, run_timeout=0.2)
    handlers = {JobType.SHADOW_PORT_SETUP: handler}
    worker = Worker(queue, handlers, settings, observe=lambda _type, outcome, _seconds: counted.append(outcome))
    worker.start()
    try:
        eventually(lambda: len(rows(sqlite_database, models.JobLog)) == 1)
    finally:
        worker.stop()
    assert sorted(ends) == ["done", "stopped"]
    assert sorted(counted) == [Outcome.LOST, Outcome.SUCCEEDED]
