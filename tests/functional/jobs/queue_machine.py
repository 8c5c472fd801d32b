"""The queue against a model of its promises, to be driven by hypothesis."""

import itertools
import random
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from oslo_utils import uuidutils

from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.db.types import read_clock
from tricircle.domain.errors import Invalid, LeaseLost
from tricircle.domain.jobs import Job, JobRequest, JobStatus, JobType
from tricircle.jobs.queue import JobQueue

# Gives one empty database, as one or more servers have it.
Home = Callable[[], AbstractContextManager[Sequence[Database]]]

PROJECTS = st.sampled_from(["p1", "p2"])


def request(project: str) -> JobRequest:
    return JobRequest(JobType.SEG_RULE_SETUP, {"project_id": project}, project)


class QueueMachine(RuleBasedStateMachine):
    """Requests, runs and their ends in any order.

    The model counts, for each key, the requests so far (`asked`) and how many of them the runs that succeeded had seen
    when they began (`served`), and those that failed for good (`refused`).

    Every step is done at another of the servers of `home` than the step before.
    """

    claims = Bundle("claims")

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._stack = ExitStack()
        databases = self._stack.enter_context(home())
        # By ids a database orders what is due at the same time; hypothesis replays the same numbers drawn by chance.
        ids = mock.patch.object(uuidutils, "generate_uuid", lambda: str(uuid.UUID(int=random.getrandbits(128))))
        self._stack.enter_context(ids)
        self._queues = itertools.cycle([JobQueue(database, lease=600) for database in databases])
        self._databases = itertools.cycle(databases)
        self._asked = dict.fromkeys(["p1", "p2"], 0)
        self._served = dict.fromkeys(self._asked, 0)
        self._refused = dict.fromkeys(self._asked, 0)
        self._expired: set[str] = set()
        self._held: dict[str, tuple[Job, int]] = {}  # by project: the claim that holds, and what was asked before it

    def teardown(self) -> None:
        self._drain()
        for project, asked in self._asked.items():
            # A run that began after the last request has succeeded, or failed for good.
            assert max(self._served[project], self._refused[project]) >= asked
        self._stack.close()

    @property
    def _queue(self) -> JobQueue:
        return next(self._queues)

    @initialize(projects=st.lists(PROJECTS, max_size=3))
    def begin(self, projects: list[str]) -> None:
        self.enqueue(projects)

    @rule(projects=st.lists(PROJECTS, min_size=1, max_size=4))
    def enqueue(self, projects: list[str]) -> None:
        self._queue.enqueue([request(project) for project in projects])
        for project in set(projects):
            self._asked[project] += 1

    @rule(target=claims)
    def claim(self) -> Job | MultipleResults[Job]:
        job = self._queue.claim("worker")
        if job is None:
            return multiple()
        assert job.project_id not in self._held or job.project_id in self._expired, "two would run at once"
        self._expired.discard(job.project_id)
        self._held[job.project_id] = (job, self._asked[job.project_id])
        return job

    @rule(job=consumes(claims))
    def succeed(self, job: Job) -> None:
        if self._end(job, self._queue.finish):
            self._served[job.project_id] = self._ended[1]

    @rule(job=consumes(claims), retry_in=st.sampled_from([0.0, 1000.0, None]))
    def fail(self, job: Job, retry_in: float | None) -> None:
        if self._end(job, lambda job: self._queue.fail(job, "broken", retry_in)) and retry_in is None:
            self._refused[job.project_id] = self._ended[1]

    @rule(job=consumes(claims))
    def give_back(self, job: Job) -> None:
        self._end(job, self._queue.release)

    @rule(project=PROJECTS)
    def lease_ends(self, project: str) -> None:
        """Another may take the job over; from then on what the first one writes is refused."""
        if project in self._held:
            self._change(models.Job.slot == "running", project, lease_until=self._clock() - timedelta(days=1))
            self._expired.add(project)

    @rule(project=PROJECTS)
    def redo(self, project: str) -> None:
        for row in self._rows():
            if row.project_id == project and row.status == JobStatus.RUNNING:
                self._queue.redo(row.id)
                self._asked[project] += 1
            elif row.project_id == project:
                self._queue.redo(row.id)

    @rule(project=PROJECTS)
    def delete(self, project: str) -> None:
        """What waits is forgotten, with all requests that it stood for."""
        for row in self._rows():
            if row.project_id != project:
                continue
            if row.status == JobStatus.RUNNING:
                with pytest.raises(Invalid):
                    self._queue.delete(row.id)
            else:
                self._queue.delete(row.id)
                self._asked[project] = self._held[project][1] if project in self._held else self._served[project]

    @invariant()
    def time_passes(self) -> None:
        """SQLite counts milliseconds: what happens in the same one has no order, and no run could be repeated."""
        before = self._clock()
        while self._clock() == before:
            time.sleep(0.0002)

    @invariant()
    def at_most_one_waits_and_one_runs(self) -> None:
        slots = [(row.project_id, row.slot) for row in self._rows()]
        assert len(slots) == len(set(slots))

    @invariant()
    def what_is_not_served_is_in_the_queue(self) -> None:
        queued = {row.project_id for row in self._rows()}
        assert queued >= {project for project, asked in self._asked.items() if asked > self._served[project]}

    def _end(self, job: Job, end: Any) -> bool:
        held = self._held.get(job.project_id)
        if held is None or (held[0].id, held[0].claim) != (job.id, job.claim):
            with pytest.raises(LeaseLost):
                end(job)
            return False
        end(job)
        self._ended = self._held.pop(job.project_id)
        self._expired.discard(job.project_id)
        return True

    def _drain(self) -> None:
        for held, asked in list(self._held.values()):
            self._queue.finish(held)
            self._served[held.project_id] = asked
        self._held.clear()
        for project in self._asked:  # all back-offs end
            self._change(models.Job.next_attempt_at.is_not(None), project, next_attempt_at=self._clock())
        while (job := self._queue.claim("last")) is not None:
            self._queue.finish(job)
            self._served[job.project_id] = self._asked[job.project_id]

    def _rows(self) -> list[models.Job]:
        with next(self._databases).reader() as session:
            return list(session.scalars(sa.select(models.Job)))

    def _clock(self) -> datetime:
        with next(self._databases).reader() as session:
            return read_clock(session)

    def _change(self, condition: Any, project: str, **values: Any) -> None:
        with next(self._databases).writer() as session:
            session.execute(sa.update(models.Job).where(condition, models.Job.project_id == project).values(**values))
