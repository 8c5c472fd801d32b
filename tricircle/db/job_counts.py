"""How many jobs there are, in what state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tricircle.db.jobs import RUNNING
from tricircle.db.models import Job, JobLog
from tricircle.db.types import read_clock
from tricircle.domain.jobs import JobStatus

# Of a job in the queue: due or soon, between two tries, until someone asks anew, in a worker's hands, in a dead one's.
STATES = ("waiting", "retrying", "stopped", "running", "abandoned")


@dataclass(frozen=True, slots=True)
class Count:
    """So many jobs of one type are in one state; the longest due of them since `lateness` seconds, at most so tried."""

    type: str
    state: str
    jobs: int
    lateness: float
    attempts: int


def count_queue(session: Session) -> list[Count]:
    """The queue, by type and state; combinations without jobs are left out."""
    now = read_clock(session)
    state = sa.case(
        ((Job.slot == RUNNING) & (Job.lease_until < now), "abandoned"),
        (Job.slot == RUNNING, "running"),
        (Job.next_attempt_at.is_(None), "stopped"),
        (Job.status == JobStatus.FAIL.value, "retrying"),
        else_="waiting",
    ).label("state")
    found = session.execute(
        sa.select(
            Job.type, state, sa.func.count(), sa.func.min(Job.next_attempt_at), sa.func.max(Job.attempts)
        ).group_by(Job.type, state)
    )
    return [Count(type_, name, jobs, _lateness(now, due), tries) for type_, name, jobs, due, tries in found]


def count_log(session: Session) -> Iterable[tuple[str, str, int]]:
    """The log: type, status and how many."""
    found = session.execute(sa.select(JobLog.type, JobLog.status, sa.func.count()).group_by(JobLog.type, JobLog.status))
    return [(type_, status, jobs) for type_, status, jobs in found]


def _lateness(now: datetime, due: datetime | None) -> float:
    return 0.0 if due is None else max((now - due).total_seconds(), 0.0)
