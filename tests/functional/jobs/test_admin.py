"""What an administrator does to the queue."""

import pytest

from tricircle.db.engine import Database
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.jobs import Job, JobRequest, JobStatus, JobType
from tricircle.jobs.queue import JobQueue


def request(project: str = "p1") -> JobRequest:
    return JobRequest(JobType.SEG_RULE_SETUP, {"project_id": project}, project)


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def claim(queue: JobQueue) -> Job:
    job = queue.claim("worker")
    assert job is not None
    return job


def test_submit_returns_the_job_that_waits(queue: JobQueue) -> None:
    first = queue.submit(request())
    assert queue.submit(request()).id == first.id
    running = claim(queue)
    assert running.id == first.id
    assert queue.submit(request()).id != first.id


def test_redo_ends_a_back_off(queue: JobQueue) -> None:
    queue.submit(request())
    queue.fail(claim(queue), "region is down", retry_in=600)
    assert queue.claim("worker") is None
    (failed,) = [queue.submit(request())]
    redone = queue.redo(failed.id)
    assert (redone.id, redone.status) == (failed.id, JobStatus.FAIL)
    assert claim(queue).id == failed.id


def test_redo_of_what_waits_for_a_request(queue: JobQueue) -> None:
    job = queue.submit(request())
    queue.fail(claim(queue), "no such project", retry_in=None)
    queue.redo(job.id)
    assert claim(queue).attempts == 2


def test_redo_of_what_runs_makes_one_more_run(queue: JobQueue) -> None:
    queue.submit(request())
    running = claim(queue)
    again = queue.redo(running.id)
    assert again.id != running.id
    assert queue.redo(running.id).id == again.id
    queue.finish(running)
    assert claim(queue).id == again.id


def test_what_is_over_is_neither_redone_nor_deleted(queue: JobQueue) -> None:
    queue.submit(request())
    done = claim(queue)
    queue.finish(done)
    for change in (queue.redo, queue.delete):
        with pytest.raises(Invalid, match=done.id):
            change(done.id)
        with pytest.raises(NotFound, match="nothing"):
            change("nothing")


def test_delete_takes_what_waits_only(queue: JobQueue) -> None:
    queue.submit(request())
    running = claim(queue)
    waiting = queue.submit(request())
    with pytest.raises(Invalid, match="running"):
        queue.delete(running.id)
    queue.delete(waiting.id)
    with pytest.raises(NotFound):
        queue.delete(waiting.id)
    queue.finish(running)
    assert queue.claim("worker") is None
