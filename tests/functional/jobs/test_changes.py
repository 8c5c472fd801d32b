"""A job carries the numbers of central's changes that its answers must be as of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.functional.jobs.base import request
from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain.jobs import Job, JobRequest
from tricircle.jobs.queue import JobQueue


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def changed(*numbers: int) -> JobRequest:
    return replace(request("net"), changes=numbers)


def claim(queue: JobQueue) -> Job:
    job = queue.claim("worker")
    assert job is not None
    return job


def test_requests_that_join_bring_their_changes(queue: JobQueue) -> None:
    queue.enqueue([changed(7), changed(5, 6)])
    queue.enqueue([request("net")])
    queue.enqueue([changed(9)])
    assert claim(queue).changes == (5, 6, 7, 9)


def test_what_joins_between_the_look_and_the_claim_counts(queue: JobQueue) -> None:
    queue.enqueue([changed(1), request("other")])
    claim(queue)  # the look found both, and the next claim is of what it found
    queue.enqueue([changed(2), replace(request("other"), changes=(3,))])
    found = claim(queue)
    assert found.changes == ((3,) if found.resource["network_id"] == "other" else (1, 2))


def test_a_run_that_failed_hands_its_changes_on(queue: JobQueue) -> None:
    queue.enqueue([changed(1)])
    queue.fail(claim(queue), "region is down", retry_in=0)
    assert claim(queue).changes == (1,)


def test_a_run_that_failed_hands_its_changes_to_the_request_that_waits(queue: JobQueue) -> None:
    queue.enqueue([changed(1)])
    running = claim(queue)
    queue.enqueue([request("net")])
    queue.fail(running, "region is down", retry_in=0)
    assert claim(queue).changes == (1,)


def test_no_database_lags_for_long(database: Database, queue: JobQueue) -> None:
    """Central does not keep its changes for ever: a job that waited for an hour must not ask for them."""
    queue.enqueue([changed(1)])
    with database.writer() as session:
        session.execute(sa.update(models.Job).values(changed_at=datetime.now(UTC) - timedelta(hours=1)))
    assert claim(queue).changes == ()


def test_what_a_job_forgot_does_not_come_back_with_the_next_change(queue: JobQueue, database: Database) -> None:
    """A region was away for hours, and a tenant changes something there anew."""
    queue.enqueue([changed(1)])
    with database.writer() as session:
        session.execute(sa.update(models.Job).values(changed_at=datetime.now(UTC) - timedelta(hours=1)))
    queue.enqueue([changed(2)])
    assert claim(queue).changes == (2,)


def test_of_very_many_the_youngest_are_kept(queue: JobQueue) -> None:
    for start in range(1_000_000, 1_003_000, 50):
        queue.enqueue([changed(*range(start, start + 50))])
    kept = claim(queue).changes
    assert len(kept) > 100
    assert kept == tuple(range(1_003_000 - len(kept), 1_003_000))
