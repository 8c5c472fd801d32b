"""Jobs about a whole pod in the queue."""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tricircle.db.jobs import WAITING
from tricircle.db.models import Job
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock
from tricircle.domain.jobs import JobRequest, JobType, resource_key


def request(type_: JobType, pod_id: str, project_id: str, request_ids: Iterable[str] = ()) -> JobRequest:
    """What asks for such a job."""
    return JobRequest(type_, {"pod_id": pod_id}, project_id, request_ids=tuple(request_ids))


def find(session: Session, type_: JobType, pod_id: str) -> str | None:
    """The id of such a job, whether it waits or runs; None if there is none."""
    return session.scalar(sa.select(Job.id).where(*_conditions(type_, pod_id)).limit(1))


def forget_waiting(session: Session, type_: JobType, pod_id: str) -> None:
    """Take such a job out of the queue, unless it runs."""
    execute_counted(session, sa.delete(Job).where(*_conditions(type_, pod_id), Job.slot == WAITING))


def being_deleted(session: Session) -> set[str]:
    """Ids of the pods that are being deleted by force: their regions are gone for ever."""
    return set(session.scalars(sa.select(Job.pod_id).where(Job.type == JobType.POD_DELETE.value)))


def forget_others(session: Session, pod_id: str) -> None:
    """Take every job in the pod out of the queue, those that run among them, but for the one that deletes the pod.

    Whoever runs one of them loses its lease, and stops.
    """
    others = Job.pod_id == pod_id, Job.type != JobType.POD_DELETE.value
    execute_counted(session, sa.delete(Job).where(*others))


def ask_again(session: Session, pod_id: str, rest: float) -> int:
    """Have jobs run once more that have stopped, as trying again would have changed nothing; returns how many.

    Those in the pod and those in none in particular, whose last run ended more than `rest` seconds ago. What is merely
    shown as a job that failed (`jobs.park`) never ran, and stays.
    """
    now = read_clock(session)
    stopped = Job.slot == WAITING, Job.next_attempt_at.is_(None), Job.worker.is_not(None)
    mine = Job.pod_id.in_((pod_id, "")), Job.updated_at < now - timedelta(seconds=rest)
    due = sa.update(Job).where(*stopped, *mine).values(next_attempt_at=now, requests=Job.requests + 1)
    return execute_counted(session, due)


def _conditions(type_: JobType, pod_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return Job.type == type_.value, Job.resource_key == resource_key({"pod_id": pod_id})
