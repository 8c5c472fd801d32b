"""Reports: changes of ports that central has not been told yet.

A row is written in the transaction of the change itself.
"""

import datetime
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron.models import Report


def record(context: Any, port_id: str, *, deleted: bool = False) -> None:
    """Note that central must be told of the port; to be called inside the transaction that changes it."""
    context.session.add(Report(port_id=port_id, deleted=deleted))


def are_pending(context: Any, port_id: str) -> bool:
    """Whether there is something of the port that central may not have been told."""
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(sa.select(Report.id).where(Report.port_id == port_id).limit(1)) is not None


def newest(context: Any) -> int:
    """The number of the youngest row, 0 if there is none."""
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(sa.select(sa.func.max(Report.id))) or 0


def claim(context: Any, claimant: str, lease: int, limit: int, up_to: int | None = None) -> list[tuple[str, bool]]:
    """Take up to ``limit`` free rows for ``lease`` seconds; of those never taken, the ones up to number ``up_to``.

    None: all of them. Answers (port id, deleted) of the rows taken, oldest first.
    """
    with db_api.CONTEXT_WRITER.using(context):
        now = _now(context)
        free = sa.or_(Report.claimant.is_(None), Report.claimed_until < now)
        wanted = sa.true() if up_to is None else sa.or_(Report.id <= up_to, Report.claimed_until.is_not(None))
        ids = context.session.scalars(sa.select(Report.id).where(free, wanted).order_by(Report.id).limit(limit)).all()
        if not ids:
            return []
        context.session.execute(
            sa.update(Report)
            .where(Report.id.in_(ids), free)
            .values(claimant=claimant, claimed_until=now + datetime.timedelta(seconds=lease))
            .execution_options(synchronize_session=False)
        )
        mine = sa.select(Report.port_id, Report.deleted).where(Report.claimant == claimant).order_by(Report.id)
        return [(row.port_id, row.deleted) for row in context.session.execute(mine)]


def finish(context: Any, claimant: str) -> None:
    """Central knows: the rows taken by ``claimant`` go."""
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(sa.delete(Report).where(Report.claimant == claimant))


def release(context: Any, claimant: str) -> None:
    """Central could not be told: the rows are anybody's again, and known to have been tried."""
    statement = sa.update(Report).where(Report.claimant == claimant)
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(statement.values(claimant=None, claimed_until=_now(context)))


def _now(context: Any) -> datetime.datetime:
    now: datetime.datetime = context.session.scalar(sa.select(sa.func.current_timestamp(type_=sa.DateTime)))
    return now
