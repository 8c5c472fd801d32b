"""Copies: which objects of this region's Neutron are central's, which one request is just making, which are deleted.

A tombstone stands in the place of a copy: the object is deleted at central (or here, and central is being told). Both
are one row, so that making and deleting, which happen in two transactions at the same time, meet in it.
"""

import contextlib
import dataclasses
import datetime
import enum
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Copy


class State(enum.StrEnum):
    """What there is of a copy, as the column ``state`` has it.

    Who makes a copy and dies leaves it MAKING with a claim that ends: ``being_made`` tells it from one whose maker
    lives.
    """

    MAKING = "making"  # one request does, or has died doing so
    HALF_MADE = "half_made"  # whoever made it has failed, and the next request goes on
    WHOLE = "whole"
    PARKED = "parked"  # emptied, as its object lives in another region; the next request makes it whole
    DELETED = "deleted"  # a tombstone


# Of these somebody may go on to make a copy at once.
_UNCLAIMED = (State.HALF_MADE, State.PARKED)


def states(context: Any, resource_ids: Collection[str]) -> dict[str, State]:
    """States by id; what is not central's is left out."""
    if not resource_ids:
        return {}
    query = sa.select(Copy.resource_id, Copy.state).where(Copy.resource_id.in_(resource_ids))
    with db_api.CONTEXT_READER.using(context):
        return {row.resource_id: State(row.state) for row in context.session.execute(query)}


def whole(context: Any, id_column: Any, resource_ids: Collection[str]) -> set[str]:
    """Those of the objects (of the table of ``id_column``) that are here, and of which no copy is still to be made."""
    if not resource_ids:
        return set()
    query = (
        sa.select(id_column)
        .outerjoin(Copy, Copy.resource_id == id_column)
        .where(id_column.in_(resource_ids), sa.or_(Copy.state.is_(None), Copy.state.in_([State.WHOLE, State.DELETED])))
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def is_copy(context: Any, resource_id: str) -> bool:
    """Whether the object is central's (whole or not)."""
    return states(context, [resource_id]).get(resource_id, State.DELETED) is not State.DELETED


def of_type(context: Any, resource_type: str, resource_ids: Collection[str]) -> set[str]:
    """Those of the ids that are copies of one type."""
    query = sa.select(Copy.resource_id).where(Copy.resource_id.in_(resource_ids), Copy.resource_type == resource_type)
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query.where(Copy.state != State.DELETED)))


def claim(context: Any, resource_id: str, resource_type: str, claimant: str, lease: int) -> bool:
    """Become the one that makes the copy, for ``lease`` seconds of the database's clock.

    False if another is, or the copy is whole, or deleted.
    """
    try:
        with db_api.CONTEXT_WRITER.using(context):
            until = clock.read(context) + datetime.timedelta(seconds=lease)
            claimed = {"state": State.MAKING, "claimant": claimant, "claimed_until": until}
            context.session.add(Copy(resource_id=resource_id, resource_type=resource_type, **claimed))
        return True
    except db_exc.DBDuplicateEntry:
        return _take_over(context, resource_id, claimant, lease)


def _take_over(context: Any, resource_id: str, claimant: str, lease: int) -> bool:
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
        died = (Copy.state == State.MAKING) & (Copy.claimed_until < now)
        until = now + datetime.timedelta(seconds=lease)
        statement = (
            sa.update(Copy)
            .where(Copy.resource_id == resource_id, sa.or_(Copy.state.in_(_UNCLAIMED), died))
            .values(state=State.MAKING, claimant=claimant, claimed_until=until)
        )
        return context.session.execute(statement).rowcount == 1


def settle(context: Any, resource_id: str, claimant: str, revision: int | None = None) -> bool:
    """The copy is whole, as of central's ``revision``; False if it was deleted meanwhile, or taken over."""
    statement = sa.update(Copy).where(
        Copy.resource_id == resource_id, Copy.claimant == claimant, Copy.state == State.MAKING
    )
    whole = {"state": State.WHOLE, "claimant": None, "claimed_until": None, "revision": revision}
    with db_api.CONTEXT_WRITER.using(context):
        return context.session.execute(statement.values(**whole)).rowcount == 1


@db_api.retry_if_session_inactive()  # type: ignore[untyped-decorator]
def release(context: Any, resource_id: str, claimant: str) -> None:
    """Give the claim up: the next request makes the copy, or nothing stands against its burial any more."""
    given_up = sa.case((Copy.state == State.MAKING, State.HALF_MADE.value), else_=Copy.state)
    statement = sa.update(Copy).where(Copy.resource_id == resource_id, Copy.claimant == claimant)
    with db_api.CONTEXT_WRITER.using(context):
        values = statement.values(state=given_up, claimant=None, claimed_until=None)
        context.session.execute(values.execution_options(synchronize_session=False))


def add(context: Any, resource_id: str, resource_type: str, revision: int | None = None) -> None:
    """Record a copy that comes into being whole, in the transaction that makes it.

    :raises DBDuplicateEntry: it is here, being made, or deleted.
    """
    context.session.add(Copy(resource_id=resource_id, resource_type=resource_type, revision=revision))
    context.session.flush()


def ensure(context: Any, resource_id: str, resource_type: str) -> None:
    """Record, in a transaction of its own, a copy that is about to be made; nothing happens where it is recorded."""
    with contextlib.suppress(db_exc.DBDuplicateEntry), db_api.CONTEXT_WRITER.using(context):
        context.session.add(Copy(resource_id=resource_id, resource_type=resource_type))


def advance(context: Any, resource_id: str, revision: int) -> bool:
    """Note, in the transaction that writes it into the copy, that the copy is as of central's ``revision``.

    False if it is as of a later one, or no copy: the caller must not write then. Who else writes the same copy waits
    for the end of the caller's transaction.
    """
    statement = sa.update(Copy).where(
        Copy.resource_id == resource_id,
        Copy.deleted_at.is_(None),
        sa.or_(Copy.revision.is_(None), Copy.revision <= revision),
    )
    return context.session.execute(statement.values(revision=revision)).rowcount == 1


def park(context: Any, resource_id: str) -> bool:
    """Note, in the transaction that empties it, that a whole copy is parked; False if it is not whole."""
    statement = sa.update(Copy).where(Copy.resource_id == resource_id, Copy.state == State.WHOLE)
    return context.session.execute(statement.values(state=State.PARKED, revision=None)).rowcount == 1


def is_parked(id_column: Any) -> Any:
    """The condition, for a query, that the object of ``id_column`` has a parked copy, or was given up half-made."""
    return sa.exists().where(Copy.resource_id == id_column, Copy.state.in_(_UNCLAIMED))


def is_unbound(context: Any, port_id: str) -> bool:
    """Whether no host has a port, in the transaction that deletes it: who binds it at the same moment waits, or fails.

    By an UPDATE, which sees what others have committed since the transaction began.
    """
    row = ml2_models.PortBinding
    bound = sa.update(row).where(row.port_id == port_id, row.host != "").values(port_id=port_id)
    found = context.session.execute(bound.execution_options(synchronize_session=False))
    return bool(found.rowcount == 0)


def forget(context: Any, resource_ids: Collection[str]) -> None:
    """The objects are gone from this region, and may come again. Tombstones stay."""
    if not resource_ids:
        return
    with db_api.CONTEXT_WRITER.using(context):
        statement = sa.delete(Copy).where(Copy.resource_id.in_(resource_ids), Copy.deleted_at.is_(None))
        context.session.execute(statement)


@db_api.retry_if_session_inactive(context_var_name="context")
def set_tombstones(context: Any, ids: Mapping[str, str]) -> None:
    """Make tombstones for objects (id → type), whether they are here or not.

    May be called inside a transaction; a race with a claim then ends in DBDuplicateEntry, to be tried again as a whole.
    """
    if not ids:
        return
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
        mine, gone = Copy.resource_id.in_(ids), {"state": State.DELETED, "deleted_at": now}
        context.session.execute(sa.update(Copy).where(mine, Copy.deleted_at.is_(None)).values(**gone))
        there = set(context.session.scalars(sa.select(Copy.resource_id).where(mine)))
        rows = [{"resource_id": id_, "resource_type": type_, **gone} for id_, type_ in ids.items() if id_ not in there]
        if rows:
            context.session.execute(sa.insert(Copy), rows)


def restore(context: Any, resource_ids: Iterable[str]) -> None:
    """Central keeps the objects after all: they may come again."""
    statement = sa.delete(Copy).where(Copy.resource_id.in_(list(resource_ids)), Copy.deleted_at.is_not(None))
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(statement)


def being_made(context: Any, resource_ids: Collection[str]) -> set[str]:
    """Those that a request is making at this moment, deleted meanwhile or not."""
    with db_api.CONTEXT_READER.using(context):
        query = sa.select(Copy.resource_id).where(
            Copy.resource_id.in_(resource_ids), Copy.claimed_until >= clock.read(context)
        )
        return set(context.session.scalars(query))


def page(context: Any, marker: str, limit: int) -> list[Any]:
    """Whole copies with ids after ``marker``, by id: rows with ``resource_id``, ``resource_type``, ``revision``."""
    query = (
        sa.select(Copy.resource_id, Copy.resource_type, Copy.revision)
        .where(Copy.resource_id > marker, Copy.state == State.WHOLE)
        .order_by(Copy.resource_id)
        .limit(limit)
    )
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.execute(query))


_SHOWN = {State.WHOLE: "whole", State.PARKED: "parked"}


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """A copy as an audit is told of it. ``state``: whole, parked, or half (a request makes it, or began to)."""

    resource_id: str
    state: str
    revision: int | None


def of_kind(
    context: Any, resource_type: str, *, after: str = "", limit: int | None = None, ids: Collection[str] | None = None
) -> list[Shown]:
    """Copies of one type by id: those of ``ids``, or those with ids beyond ``after``; at most ``limit``."""
    columns = Copy.resource_id, Copy.revision, Copy.state
    query = sa.select(*columns).where(Copy.resource_type == resource_type, Copy.state != State.DELETED)
    query = query.where(Copy.resource_id > after if ids is None else Copy.resource_id.in_(ids))
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(query.order_by(Copy.resource_id).limit(limit)).all()
    return [Shown(row.resource_id, _SHOWN.get(State(row.state), "half"), row.revision) for row in rows]


def stale(context: Any, id_column: Any) -> list[str]:
    """Ids of objects (of the table of ``id_column``) that are here in spite of a tombstone, and nobody is making."""
    with db_api.CONTEXT_READER.using(context):
        idle = sa.or_(Copy.claimed_until.is_(None), Copy.claimed_until < clock.read(context))
        query = sa.select(id_column).join(Copy, Copy.resource_id == id_column)
        return list(context.session.scalars(query.where(Copy.deleted_at.is_not(None), idle)))


def purge(context: Any, age: int, id_columns: Iterable[Any]) -> None:
    """Drop tombstones older than ``age`` seconds, but of objects that are here (in the tables of ``id_columns``)."""
    gone = [~sa.exists().where(column == Copy.resource_id) for column in id_columns]
    with db_api.CONTEXT_WRITER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=age)
        context.session.execute(sa.delete(Copy).where(Copy.deleted_at < oldest, *gone))
