"""The table behind the job queue, and the log of runs that are over.

A row is claimed, and given up, by compare-and-swap on (id, slot, claim): whoever changes no row has lost. All times are
the database's. Functions that write belong into `Database.write`, which repeats them after a deadlock.
"""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc
from oslo_utils import uuidutils
from sqlalchemy.orm import Session, aliased

from tricircle.db import job_changes, job_joins, job_requests
from tricircle.db.models import Job as JobRow
from tricircle.db.models import JobLog
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock, utc_now
from tricircle.domain.errors import Invalid, LeaseLost, NotFound
from tricircle.domain.jobs import Job, JobRequest, JobStatus, JobType, pod_of, resource_key
from tricircle.domain.requests import merged

WAITING = "waiting"
RUNNING = "running"

_BATCH = 500
_MAX_ERROR = 4000
# What the columns take; only what is parked is ever longer.
_MAX_KEY = 512
_MAX_PROJECT = 255


def enqueue(session: Session, requests: Iterable[JobRequest]) -> None:
    """Make each request a waiting job, or part of the job that waits for the same already.

    Joining writes to the waiting row, so that a claim of it on another database node conflicts instead of passing
    unseen. A job under back-off keeps its time; one that waits for nothing but a request is due now.
    """
    now = read_clock(session)
    rows: dict[tuple[JobType, str], JobRequest] = {}
    for request in requests:
        key = request.type, resource_key(request.resource)
        known = rows.get(key, replace(request, changes=(), request_ids=()))
        ids = merged(known.request_ids, request.request_ids)
        rows[key] = replace(request, changes=(*known.changes, *request.changes), request_ids=ids)
    values = [
        {
            "id": uuidutils.generate_uuid(),
            "type": str(type_),
            "resource_key": key[:_MAX_KEY],
            "pod_id": pod_of(request.resource)[:_MAX_PROJECT],
            "slot": WAITING,
            "status": JobStatus.NEW.value,
            "resource": dict(request.resource),
            "project_id": request.project_id,
            "created_at": now,
            "updated_at": now,
            "next_attempt_at": now,
            "requests": 1,
            "attempts": 0,
            "claim": 0,
            "changes": job_changes.write(request.changes),
            "changed_at": now if request.changes else None,
            "request_ids": job_requests.write(request.request_ids),
        }
        for (type_, key), request in sorted(rows.items())  # one order for all, against deadlocks
    ]
    for start in range(0, len(values), _BATCH):
        session.execute(job_joins.upsert(session, values[start : start + _BATCH], now))


def park(session: Session, request: JobRequest, error: str) -> None:
    """Show a request as a job that failed and waits to be asked for anew, whatever its resource is."""
    key = resource_key(request.resource)[:_MAX_KEY]
    enqueue(session, [replace(request, project_id=request.project_id[:_MAX_PROJECT])])
    waiting = (JobRow.type == request.type.value, JobRow.resource_key == key, JobRow.slot == WAITING)
    stopped = {"status": JobStatus.FAIL.value, "last_error": error[:_MAX_ERROR], "next_attempt_at": None}
    execute_counted(session, sa.update(JobRow).where(*waiting).values(**stopped, attempts=JobRow.attempts + 1))


def drop_parked(session: Session, requests: Iterable[JobRequest], reason: str) -> None:
    """Show those of the requests no more that were parked with a reason that begins so."""
    by_type: dict[JobType, list[str]] = {}
    for request in requests:
        by_type.setdefault(request.type, []).append(resource_key(request.resource))
    for type_, keys in by_type.items():
        parked = (JobRow.slot == WAITING, JobRow.next_attempt_at.is_(None), JobRow.last_error.startswith(reason))
        statement = sa.delete(JobRow).where(JobRow.type == type_.value, JobRow.resource_key.in_(keys), *parked)
        execute_counted(session, statement)


def find_claimable(
    session: Session, types: Collection[JobType], not_in_pods: Collection[str], limit: int, window: int
) -> list[Job]:
    """Jobs of these types to try to claim: those whose worker's lease has ended first, then those that are due.

    Of the `window` longest due, `limit` drawn by chance: workers that look at once then seldom want the same.
    """
    now = read_clock(session)
    known = JobRow.type.in_([type_.value for type_ in types]) & JobRow.pod_id.not_in(not_in_pods)
    expired = sa.select(JobRow).where(known, JobRow.slot == RUNNING, JobRow.lease_until < now)
    running = aliased(JobRow)
    same_runs = sa.exists().where(
        running.type == JobRow.type, running.resource_key == JobRow.resource_key, running.slot == RUNNING
    )
    due = sa.select(JobRow.id).where(known, JobRow.slot == WAITING, JobRow.next_attempt_at <= now, ~same_runs)
    found = list(session.scalars(expired.order_by(JobRow.lease_until).limit(limit)))
    oldest = session.scalars(due.order_by(JobRow.next_attempt_at).limit(window)).all()
    drawn = random.sample(oldest, min(limit - len(found), len(oldest)))
    if drawn:
        rows = session.scalars(sa.select(JobRow).where(JobRow.id.in_(drawn), JobRow.slot == WAITING))
        found += sorted(rows, key=lambda row: drawn.index(row.id))
    return [_job(row) for row in found]


def count_busy_pods(session: Session) -> int:
    """In how many pods jobs run, or are due."""
    due = (JobRow.slot == WAITING) & (JobRow.next_attempt_at <= read_clock(session))
    query = sa.select(sa.func.count(JobRow.pod_id.distinct())).where(
        JobRow.pod_id != "", (JobRow.slot == RUNNING) | due
    )
    return int(session.scalar(query) or 0)


def claim(session: Session, job: Job, worker: str, lease: float) -> Job | None:
    """Take a job as `find_claimable` saw it, for `lease` seconds; None if another was faster.

    Raises oslo_db.exception.DBDuplicateEntry if another has begun to run the same meanwhile.
    """
    now = read_clock(session)
    claimed = replace(
        job,
        status=JobStatus.RUNNING,
        worker=worker,
        claim=job.claim + 1,
        attempts=job.attempts + 1,
        updated_at=now,
        next_attempt_at=None,
    )
    changes = {
        "slot": RUNNING,
        "status": claimed.status.value,
        "worker": worker,
        "claim": claimed.claim,
        "attempts": claimed.attempts,
        "updated_at": now,
        "next_attempt_at": None,
        "lease_until": now + timedelta(seconds=lease),
    }
    takes_over = job.status is JobStatus.RUNNING
    is_due = (JobRow.slot == WAITING) & (JobRow.next_attempt_at <= now)
    as_seen = JobRow.lease_until < now if takes_over else is_due
    taken = execute_counted(session, sa.update(JobRow).where(*_is(job), as_seen).values(changes))
    return replace(claimed, **job_joins.read(session, job.id, now)) if taken else None


def extend_lease(session: Session, job: Job, lease: float) -> None:
    """Keep a claimed job for `lease` seconds from now. Raises LeaseLost."""
    until = read_clock(session) + timedelta(seconds=lease)
    if not execute_counted(session, sa.update(JobRow).where(*_is_running(job)).values(lease_until=until)):
        raise LeaseLost(f"Job {job.id} was taken from {job.worker}")


def finish(session: Session, job: Job) -> None:
    """Move a claimed job to the log, as a success. Raises LeaseLost."""
    _drop_running(session, job)
    _log(session, replace(job, status=JobStatus.SUCCESS))


def fail(session: Session, job: Job, error: str, retry_in: float | None) -> None:
    """Make a claimed job wait again, for `retry_in` seconds, or (None) until someone asks for it anew.

    If a newer request waits already, that one takes over tries, error and back-off, and this one goes to the log.

    Raises LeaseLost.
    """
    now = read_clock(session)
    changes: dict[str, Any] = {
        "status": JobStatus.FAIL.value,
        "attempts": job.attempts,
        "last_error": error[:_MAX_ERROR],
        "updated_at": now,
        "next_attempt_at": None if retry_in is None else now + timedelta(seconds=retry_in),
        "worker": job.worker,
    }
    if retry_in is None and _has_waiting(session, job):
        changes["next_attempt_at"] = now  # asked for anew while it ran
    if _give_up_running(session, job, changes):
        _log(session, replace(job, status=JobStatus.FAIL, last_error=error[:_MAX_ERROR]))


def release(session: Session, job: Job, delay: float) -> None:
    """Give a claimed job back untried, due in `delay` seconds. Raises LeaseLost."""
    now = read_clock(session)
    status = JobStatus.FAIL if job.last_error else JobStatus.NEW
    changes = {
        "status": status.value,
        "attempts": job.attempts - 1,
        "updated_at": now,
        "next_attempt_at": now + timedelta(seconds=delay),
        "worker": None,
    }
    _give_up_running(session, job, changes)


def get(session: Session, job_id: str) -> Job:
    """The job of this id, from the queue or from the log. Raises NotFound."""
    row = session.get(JobRow, job_id)
    if row is not None:
        return _job(row)
    logged = _find_logged(session, job_id)
    if logged is None:
        raise NotFound(f"Job {job_id} does not exist")
    return _job(logged)


def get_waiting(session: Session, request: JobRequest) -> Job:
    """The job that waits for what `request` asks for. Raises NotFound if none does."""
    key = JobRow.type == request.type.value, JobRow.resource_key == resource_key(request.resource)
    row = session.scalar(sa.select(JobRow).where(*key, JobRow.slot == WAITING))
    if row is None:
        raise NotFound(f"No {request.type} of {resource_key(request.resource)} waits")
    return _job(row)


def redo(session: Session, job_id: str, request_ids: Collection[str] = ()) -> Job:
    """Have a job that waits run at once, or one that runs run once more; returns the job that waits now.

    `request_ids`: of who asks for it.

    Raises NotFound; Invalid if the job is over.
    """
    job = _get_active(session, job_id, "redone")
    if job.status is JobStatus.RUNNING:
        request = JobRequest(job.type, job.resource, job.project_id, request_ids=tuple(request_ids))
        enqueue(session, [request])
        return get_waiting(session, request)
    now = read_clock(session)
    due = sa.update(JobRow).where(JobRow.id == job_id, JobRow.slot == WAITING)
    asked = job_requests.joined(JobRow.request_ids, sa.literal(job_requests.write(request_ids)))
    _require_change(session, due.values(next_attempt_at=now, requests=JobRow.requests + 1, request_ids=asked))
    return replace(job, next_attempt_at=now, request_ids=merged(job.request_ids, request_ids))


def delete(session: Session, job_id: str) -> None:
    """Forget a job that waits. Raises NotFound; Invalid if it runs or is over."""
    if _get_active(session, job_id, "deleted").status is JobStatus.RUNNING:
        raise Invalid(f"Job {job_id} is running: it cannot be deleted")
    _require_change(session, sa.delete(JobRow).where(JobRow.id == job_id, JobRow.slot == WAITING))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended among the jobs in the queue: it stays valid when that job is done or deleted meanwhile."""

    created_at: datetime
    job_id: str


def list_page(session: Session, filters: Mapping[str, str], limit: int, after: str | Position | None) -> list[Job]:
    """At most `limit` jobs of these `type`, `status`, `project_id`, after a position or the job of an id.

    First those in the queue, then those in the log, each newest first. Raises Invalid for an unknown id.
    """
    active = sa.select(JobRow).filter_by(**filters).order_by(JobRow.created_at.desc(), JobRow.id.desc())
    log = sa.select(JobLog).filter_by(**filters).order_by(JobLog.number.desc())
    if isinstance(after, str):
        queued = session.get(JobRow, after)
        if queued is None:
            return [_job(row) for row in session.scalars(log.where(_older(session, after)).limit(limit))]
        after = Position(queued.created_at, queued.id)
    if after is not None:
        active = active.where(sa.tuple_(JobRow.created_at, JobRow.id) < (after.created_at, after.job_id))
    found = [_job(row) for row in session.scalars(active.limit(limit))]
    return found + [_job(row) for row in session.scalars(log.limit(limit - len(found)))]


def trim_log(session: Session, age: float, limit: int) -> int:
    """Forget at most `limit` runs that ended more than `age` seconds ago; returns how many."""
    before = read_clock(session) - timedelta(seconds=age)
    # MySQL deletes by no subquery on the same table, and a big transaction would hold up a cluster.
    old = session.scalars(sa.select(JobLog.number).where(JobLog.updated_at < before).limit(limit)).all()
    return execute_counted(session, sa.delete(JobLog).where(JobLog.number.in_(old))) if old else 0


def _get_active(session: Session, job_id: str, desired: str) -> Job:
    job = get(session, job_id)
    if job.logged:
        raise Invalid(f"Job {job_id} is over ({job.status}): it cannot be {desired}")
    return job


def _require_change(session: Session, statement: sa.Update | sa.Delete) -> None:
    """Raise RetryRequest, so that `Database.write` looks again, if the row is no more what it was a moment ago."""
    if not execute_counted(session, statement):
        raise db_exc.RetryRequest(LeaseLost("The job changed meanwhile"))


def _older(session: Session, marker: str) -> sa.ColumnElement[bool]:
    logged = _find_logged(session, marker)
    if logged is None:
        raise Invalid(f"marker: no job has the id {marker}")
    return JobLog.number < logged.number


def _find_logged(session: Session, job_id: str) -> JobLog | None:
    return session.scalar(sa.select(JobLog).where(JobLog.id == job_id).order_by(JobLog.number.desc()).limit(1))


def _give_up_running(session: Session, job: Job, changes: dict[str, Any]) -> bool:
    """Turn the running row into the waiting one, or merge it into the one that waits; whether it was merged."""
    waiting = sa.update(JobRow).where(*_has_key(job), JobRow.slot == WAITING)
    # Its claim's number changes, so that nobody claims it as it was before.
    values: dict[str, Any] = {**changes, "claim": JobRow.claim + 1}
    answered = sa.literal(job_requests.write(job.request_ids))
    values["request_ids"] = job_requests.joined(answered, JobRow.request_ids)
    if job.changes:
        now = read_clock(session)
        values["changes"] = job_changes.appended(session, job_changes.write(job.changes), now)
        values["changed_at"] = sa.func.coalesce(JobRow.changed_at, now)
    if execute_counted(session, waiting.values(values)):
        _drop_running(session, job)
        return True
    back = {**changes, "slot": WAITING, "lease_until": None}
    try:
        changed = execute_counted(session, sa.update(JobRow).where(*_is_running(job)).values(back))
    except db_exc.DBDuplicateEntry as error:  # a request came in between: the next try sees it
        raise db_exc.RetryRequest(error) from error
    if not changed:
        raise LeaseLost(f"Job {job.id} was taken from {job.worker}")
    return False


def _drop_running(session: Session, job: Job) -> None:
    if not execute_counted(session, sa.delete(JobRow).where(*_is_running(job))):
        raise LeaseLost(f"Job {job.id} was taken from {job.worker}")


def _has_waiting(session: Session, job: Job) -> bool:
    return session.scalar(sa.select(JobRow.id).where(*_has_key(job), JobRow.slot == WAITING)) is not None


def _log(session: Session, job: Job) -> None:
    session.execute(
        sa.insert(JobLog).values(
            id=job.id,
            type=job.type.value,
            status=job.status.value,
            resource=dict(job.resource),
            project_id=job.project_id,
            created_at=job.created_at,
            updated_at=utc_now(),
            attempts=job.attempts,
            last_error=job.last_error,
            worker=job.worker,
            request_ids=job_requests.write(job.request_ids),
        )
    )


def _is(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return JobRow.id == job.id, JobRow.claim == job.claim


def _is_running(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return *_is(job), JobRow.slot == RUNNING


def _has_key(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return JobRow.type == job.type.value, JobRow.resource_key == resource_key(job.resource)


def _job(row: JobRow | JobLog) -> Job:
    more: dict[str, Any] = {"logged": True}
    if isinstance(row, JobRow):
        more = {"next_attempt_at": row.next_attempt_at, "claim": row.claim}
    return Job(
        id=row.id,
        type=JobType(row.type),
        resource=row.resource,
        project_id=row.project_id,
        status=JobStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
        attempts=row.attempts,
        last_error=row.last_error,
        worker=row.worker,
        request_ids=job_requests.read(row.request_ids),
        **more,
    )
