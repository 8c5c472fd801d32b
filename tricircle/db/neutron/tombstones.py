"""Tombstones: what was deleted at central, when. What is not here and not found is merely unknown."""

import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Tombstone

_BATCH = 500


def record(context: Any, resource_type: str, resource_id: str, project_id: str | None) -> None:
    """Note a deletion, inside the transaction that makes it."""
    # Merged: a part of the transaction may be repeated, and an administrator may have said it before.
    context.session.merge(
        Tombstone(resource_id=resource_id, resource_type=str(resource_type), project_id=project_id or "")
    )


def of(context: Any, resource_ids: Collection[str]) -> dict[str, Tombstone]:
    """By id, those of the objects that are deleted."""
    found: dict[str, Tombstone] = {}
    ids = sorted(resource_ids)
    with db_api.CONTEXT_READER.using(context):
        for start in range(0, len(ids), _BATCH):
            query = sa.select(Tombstone).where(Tombstone.resource_id.in_(ids[start : start + _BATCH]))
            found |= {row.resource_id: row for row in context.session.scalars(query)}
        context.session.expunge_all()
    return found


def page(context: Any, limit: int, resource_types: Collection[str] = ()) -> list[Tombstone]:
    """The youngest, of these types or of any."""
    query = sa.select(Tombstone).order_by(Tombstone.deleted_at.desc(), Tombstone.resource_id).limit(limit)
    if resource_types:
        query = query.where(Tombstone.resource_type.in_(resource_types))
    with db_api.CONTEXT_READER.using(context):
        rows = list(context.session.scalars(query))
        context.session.expunge_all()
    return rows


def old(context: Any, age: int, after: str, limit: int) -> list[str]:
    """Ids, greater than ``after``, of what was deleted at least ``age`` seconds ago."""
    with db_api.CONTEXT_READER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=age)
        query = sa.select(Tombstone.resource_id).where(Tombstone.deleted_at < oldest, Tombstone.resource_id > after)
        return list(context.session.scalars(query.order_by(Tombstone.resource_id).limit(limit)))


def forget(context: Any, resource_ids: Collection[str]) -> None:
    """Drop tombstones: every region has confirmed, long ago."""
    with db_api.CONTEXT_WRITER.using(context):
        for resource_id in sorted(resource_ids):
            context.session.execute(sa.delete(Tombstone).where(Tombstone.resource_id == resource_id))
