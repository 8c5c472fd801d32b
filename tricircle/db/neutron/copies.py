"""Copies: which objects of this region's Neutron are central's, and which one request is just making."""

import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron.models import Copy


def states(context: Any, resource_ids: Collection[str]) -> dict[str, bool]:
    """Whether the copies are whole, by id; what is not central's is left out.

    False: one is being made, or was left half-made by a crash.
    """
    if not resource_ids:
        return {}
    query = sa.select(Copy.resource_id, Copy.claimed_until).where(Copy.resource_id.in_(resource_ids))
    with db_api.CONTEXT_READER.using(context):
        return {row.resource_id: row.claimed_until is None for row in context.session.execute(query)}


def is_copy(context: Any, resource_id: str) -> bool:
    """Whether the object is central's (whole or not)."""
    return resource_id in states(context, [resource_id])


def claim(context: Any, resource_id: str, resource_type: str, claimant: str, lease: int) -> bool:
    """Become the one that makes the copy, for ``lease`` seconds of the database's clock.

    False if another is, or the copy is whole.
    """
    try:
        with db_api.CONTEXT_WRITER.using(context):
            until = _now(context) + datetime.timedelta(seconds=lease)
            context.session.add(
                Copy(resource_id=resource_id, resource_type=resource_type, claimant=claimant, claimed_until=until)
            )
        return True
    except db_exc.DBDuplicateEntry:
        return _take_over(context, resource_id, claimant, lease)


def _take_over(context: Any, resource_id: str, claimant: str, lease: int) -> bool:
    with db_api.CONTEXT_WRITER.using(context):
        now = _now(context)
        statement = (
            sa.update(Copy)
            .where(Copy.resource_id == resource_id, Copy.claimed_until < now)
            .values(claimant=claimant, claimed_until=now + datetime.timedelta(seconds=lease))
        )
        return context.session.execute(statement).rowcount == 1


def settle(context: Any, resource_id: str, claimant: str) -> None:
    """The copy is whole."""
    statement = sa.update(Copy).where(Copy.resource_id == resource_id, Copy.claimant == claimant)
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(statement.values(claimant=None, claimed_until=None))


def release(context: Any, resource_id: str, claimant: str) -> None:
    """Give the claim up: the next request makes the copy."""
    statement = sa.update(Copy).where(Copy.resource_id == resource_id, Copy.claimant == claimant)
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(statement.values(claimed_until=_now(context) - datetime.timedelta(seconds=1)))


def add(context: Any, resource_id: str, resource_type: str) -> None:
    """Record a copy that comes into being whole, in the transaction that makes it."""
    context.session.add(Copy(resource_id=resource_id, resource_type=resource_type))


def forget(context: Any, resource_ids: Collection[str]) -> None:
    """The objects are gone from this region."""
    if not resource_ids:
        return
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(sa.delete(Copy).where(Copy.resource_id.in_(resource_ids)))


def _now(context: Any) -> datetime.datetime:
    # The database's clock: the servers of a region need not agree on theirs.
    value: datetime.datetime = context.session.scalar(sa.select(sa.func.current_timestamp(type_=sa.DateTime)))
    return value
