"""Changes: what became true at central, and regions must hear of.

A row is written in the transaction of the change itself, and stays for a while after it has become jobs.
"""

import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Change as Row
from tricircle.domain import requests
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType


def record(context: Any, change: Change) -> int:
    """Write a change down, inside the caller's transaction, as one of the caller's request; answers its number."""
    values = {
        "job_type": change.job_type,
        "subject_type": change.subject_type,
        "subject_id": change.subject_id,
        "field": change.field,
        "resource_id": change.resource_id,
        "project_id": change.project_id,
        "except_region": change.except_region,
        "in_region": change.in_region,
        "request_id": next(iter(requests.known(context.global_id)), None),
    }
    # Not by the session's own writes, as it may be in the midst of them: see ``RouterEvents``.
    inserted = context.session.execute(sa.insert(Row).values(values))
    return int(inserted.inserted_primary_key[0])


def newest(context: Any) -> int:
    """The number of the youngest row, 0 if there is none."""
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(sa.select(sa.func.max(Row.id))) or 0


def read(
    context: Any, limit: int, numbers: Collection[int] | None = None, up_to: int | None = None
) -> list[tuple[int, Change]]:
    """What is no job yet, by number, the oldest first: those of ``numbers``, those up to a number, or any."""
    query = sa.select(Row).where(Row.delivered_at.is_(None)).order_by(Row.id).limit(limit)
    if numbers is not None:
        query = query.where(Row.id.in_(numbers))
    if up_to is not None:
        query = query.where(Row.id <= up_to)
    with db_api.CONTEXT_READER.using(context):
        return [(row.id, _change(row)) for row in context.session.scalars(query)]


def missing(context: Any, numbers: Collection[int]) -> set[int]:
    """Those that this database does not show: it lags behind the one in which they were committed.

    What is older than all that it shows was here, and is purged.
    """
    if not numbers:
        return set()
    with db_api.CONTEXT_READER.using(context):
        shown = set(context.session.scalars(sa.select(Row.id).where(Row.id.in_(numbers))))
        oldest = context.session.scalar(sa.select(sa.func.min(Row.id))) or 0
    return {number for number in numbers if number > oldest} - shown


def settle(context: Any, numbers: Collection[int]) -> None:
    """The changes are jobs by now.

    One row after the other, by its key: where the table is small MySQL reads all of it for a list of keys, and so waits
    for the rows of whoever's transaction is open.
    """
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
        for number in sorted(numbers):
            context.session.execute(sa.update(Row).where(Row.id == number).values(delivered_at=now))


def purge(context: Any, age: int, limit: int) -> int:
    """Drop at most ``limit`` changes that became jobs ``age`` seconds ago; answers how many.

    Of each other row all younger ones stay, and the youngest of all: so ``missing`` tells what is not here any more
    from what is not here yet.
    """
    with db_api.CONTEXT_READER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=age)
        is_old = Row.delivered_at < oldest
        young = context.session.scalar(sa.select(sa.func.min(Row.id)).where(Row.delivered_at.is_(None) | ~is_old))
        before = young or context.session.scalar(sa.select(sa.func.max(Row.id))) or 0
        old = context.session.scalars(sa.select(Row.id).where(is_old, Row.id < before).limit(limit)).all()
    with db_api.CONTEXT_WRITER.using(context):
        for number in sorted(old):
            context.session.execute(sa.delete(Row).where(Row.id == number))
    return len(old)


def _change(row: Row) -> Change:
    return Change(
        job_type=JobType(row.job_type),
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        field=row.field,
        resource_id=row.resource_id,
        project_id=row.project_id,
        except_region=row.except_region,
        in_region=row.in_region,
        request_id=row.request_id,
    )
