"""A job shows the requests that it answers."""

from dataclasses import replace

import pytest

from tests.functional.jobs.base import request, rows
from tricircle.db import job_requests, jobs, models
from tricircle.db.engine import Database
from tricircle.domain.jobs import Job, JobRequest
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def id_of(number: int) -> str:
    return f"req-00000000-0000-4000-8000-{number:012d}"


def ids_of(*numbers: int) -> tuple[str, ...]:
    return tuple(id_of(number) for number in numbers)


def asked(*numbers: int) -> JobRequest:
    return replace(request("net"), request_ids=ids_of(*numbers))


def claim(queue: JobQueue) -> Job:
    job = queue.claim("worker")
    assert job is not None
    return job


def test_requests_that_join_are_shown_each_once(queue: JobQueue) -> None:
    queue.enqueue([asked(1), asked(2)])
    queue.enqueue([asked(1)])
    queue.enqueue([request("net")])
    queue.enqueue([asked(3)])
    assert claim(queue).request_ids == ids_of(1, 2, 3)


def test_of_many_the_first_and_the_youngest_are_kept(queue: JobQueue) -> None:
    for number in range(1, 31):
        queue.enqueue([asked(number)])
    assert claim(queue).request_ids == ids_of(1, *range(22, 31))


def test_of_many_that_come_at_once_the_first_and_the_youngest_are_kept(queue: JobQueue) -> None:
    queue.enqueue([asked(*range(1, 31))])
    queue.enqueue([asked(*range(31, 61))])
    kept = claim(queue).request_ids
    assert (kept[0], kept[-1], len(kept)) == (id_of(1), id_of(60), job_requests.KEPT)


def test_what_is_no_id_of_a_request_is_not_kept(queue: JobQueue) -> None:
    queue.enqueue([replace(request("net"), request_ids=("req-1", id_of(1), "x" * 40, "'; --"))])
    assert claim(queue).request_ids == ids_of(1)


def test_the_log_keeps_them(queue: JobQueue, database: Database) -> None:
    queue.enqueue([asked(1)])
    job = claim(queue)
    queue.finish(job)
    with database.reader() as session:
        assert jobs.get(session, job.id).request_ids == ids_of(1)


def test_a_run_that_failed_hands_them_to_the_request_that_waits(queue: JobQueue, database: Database) -> None:
    queue.enqueue([asked(1)])
    running = claim(queue)
    queue.enqueue([asked(2)])
    queue.fail(running, "region is down", retry_in=0)
    assert claim(queue).request_ids == ids_of(1, 2)
    (logged,) = rows(database, models.JobLog)
    assert job_requests.read(logged.request_ids) == ids_of(1)


def test_what_joins_between_the_look_and_the_claim_counts(queue: JobQueue) -> None:
    queue.enqueue([asked(1), replace(request("other"), request_ids=ids_of(8))])
    first = claim(queue)
    queue.enqueue([asked(2), replace(request("other"), request_ids=ids_of(9))])
    second = claim(queue)
    assert second.request_ids == (ids_of(8, 9) if first.resource["network_id"] == "net" else ids_of(1, 2))


def test_who_asks_for_it_anew_is_shown(queue: JobQueue) -> None:
    queue.enqueue([asked(1)])
    running = claim(queue)
    assert queue.redo(running.id, ids_of(2)).request_ids == ids_of(2), "the next run is this one's"
    queue.fail(running, "region is down", retry_in=600)
    waiting = claim_waiting(queue, ids_of(3))
    assert waiting.request_ids == ids_of(1, 2, 3)


def claim_waiting(queue: JobQueue, ids: tuple[str, ...]) -> Job:
    with queue._database.reader() as session:
        (found,) = jobs.list_page(session, {"status": "FAIL"}, 1, None)
    queue.redo(found.id, ids)
    return claim(queue)
