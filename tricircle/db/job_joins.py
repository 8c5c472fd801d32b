"""How a request joins the job that waits for the same already, in one statement of each kind of database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from tricircle.db import job_changes, job_requests
from tricircle.db.models import Job as JobRow

_KEY = ("type", "resource_key", "slot")


def upsert(session: Session, values: Sequence[dict[str, Any]], now: datetime) -> sa.Insert:
    """The statement that makes waiting jobs of `values`, their rows, or joins them to those that wait already."""
    if session.get_bind().dialect.name == "sqlite":
        into = sqlite.insert(JobRow).values(values)
        return into.on_conflict_do_update(index_elements=_KEY, set_=dict(_joined(session, into.excluded, now)))
    insert = mysql.insert(JobRow).values(values)
    return insert.on_duplicate_key_update(_joined(session, insert.inserted, now))


def read(session: Session, job_id: str, now: datetime) -> dict[str, Any]:
    """What the requests have brought that have joined a job: its fields `changes` and `request_ids`."""
    query = sa.select(job_changes.recent(now), JobRow.request_ids).where(JobRow.id == job_id)
    changes, request_ids = session.execute(query).one()
    return {"changes": job_changes.read(changes), "request_ids": job_requests.read(request_ids)}


def _joined(session: Session, new: Any, now: datetime) -> list[tuple[str, Any]]:
    """What becomes of a job that waits when `new`, a row that might have been, joins it.

    In this order: MariaDB works from left to right, and the job's changes go by the time that they had.
    """
    return [
        ("requests", JobRow.requests + 1),
        ("next_attempt_at", sa.func.coalesce(JobRow.next_attempt_at, new.next_attempt_at)),
        ("changes", job_changes.appended(session, new.changes, now)),
        ("changed_at", sa.func.coalesce(new.changed_at, JobRow.changed_at)),
        ("request_ids", job_requests.joined(JobRow.request_ids, new.request_ids)),
    ]
