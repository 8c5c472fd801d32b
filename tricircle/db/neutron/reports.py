"""Reports: changes of ports that central has not been told yet.

A row is written in the transaction of the change itself.
"""

import dataclasses
import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Copy, Report

PORT = "port"
FLOATING_IP = "floatingip"


def record(context: Any, resource_id: str, *, deleted: bool = False, resource_type: str = PORT) -> None:
    """Note that central must be told of it; to be called inside the transaction that changes it."""
    context.session.add(Report(port_id=resource_id, deleted=deleted, resource_type=resource_type))


def are_pending(context: Any, *resource_ids: str) -> bool:
    """Whether there is something of these that central may not have been told."""
    query = sa.select(Report.id).where(Report.port_id.in_(resource_ids)).limit(1)
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(query) is not None


def newest(context: Any) -> int:
    """The number of the youngest row, 0 if there is none."""
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(sa.select(sa.func.max(Report.id))) or 0


@dataclasses.dataclass(frozen=True, slots=True)
class Claimed:
    """A row that one sender has taken: of what, and whether that is gone."""

    number: int
    resource_id: str
    resource_type: str
    deleted: bool


def claim(context: Any, claimant: str, lease: int, limit: int, up_to: int | None = None) -> list[Claimed]:
    """Take up to ``limit`` free rows for ``lease`` seconds; of those never taken, the ones up to number ``up_to``.

    None: all of them. Answers the rows taken, oldest first.
    """
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
        free = sa.or_(Report.claimed_until.is_(None), Report.claimed_until <= now)
        wanted = sa.true() if up_to is None else sa.or_(Report.id <= up_to, Report.claimed_until.is_not(None))
        ids = context.session.scalars(sa.select(Report.id).where(free, wanted).order_by(Report.id).limit(limit)).all()
        if not ids:
            return []
        until = now + datetime.timedelta(seconds=lease)
        _each(context, sa.update(Report).where(free).values(claimant=claimant, claimed_until=until), ids)
        row = Report
        mine = sa.select(row.id, row.port_id, row.resource_type, row.deleted).where(row.claimant == claimant)
        return [Claimed(*found) for found in context.session.execute(mine.order_by(row.id))]


def finish(context: Any, numbers: Collection[int]) -> None:
    """Central knows: the rows go."""
    _each(context, sa.delete(Report), numbers)


def release(context: Any, numbers: Collection[int]) -> None:
    """Central could not be told: the rows are anybody's again, and known to have been tried."""
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
    _each(context, sa.update(Report).values(claimant=None, claimed_until=now), numbers)


def refuse(context: Any, number: int, longest: int) -> int:
    """Central cannot take this one: it is tried again in a while, which doubles each time up to ``longest`` seconds.

    Answers how often that has been so.
    """
    with db_api.CONTEXT_WRITER.using(context):
        row = context.session.get(Report, number)
        if row is None:
            return 0
        row.tries += 1
        pause = min(10 * 2 ** min(row.tries, 20), longest)
        row.claimant, row.claimed_until = None, clock.read(context) + datetime.timedelta(seconds=pause)
        return int(row.tries)


def record_bound(context: Any) -> None:
    """Note that central must be told of every port that is bound here, on networks that are central's."""
    port, binding = models_v2.Port, ml2_models.PortBinding
    bound = (
        sa.select(port.id)
        .join(Copy, Copy.resource_id == port.network_id)
        .join(binding, binding.port_id == port.id)
        .where(binding.host != "", binding.status == constants.ACTIVE, Copy.deleted_at.is_(None))
        .distinct()
    )
    with db_api.CONTEXT_WRITER.using(context):
        rows = [{"port_id": port_id, "deleted": False} for port_id in context.session.scalars(bound)]
        if rows:
            context.session.execute(sa.insert(Report), rows)


def _each(context: Any, statement: Any, numbers: Collection[int]) -> None:
    """By key, one after the other: a list of keys would have a small table read as a whole, and its rows waited for."""
    with db_api.CONTEXT_WRITER.using(context):
        for number in sorted(numbers):
            one = statement.where(Report.id == number).execution_options(synchronize_session=False)
            context.session.execute(one)
