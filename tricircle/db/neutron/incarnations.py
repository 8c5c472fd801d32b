"""The incarnation of a region's database, in that database itself; see ``models.Incarnation``."""

import datetime
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
from oslo_utils import uuidutils

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Incarnation

_ROW = 1


def current(context: Any) -> str:
    """The incarnation; a database that has none begins its first."""
    found = _read(context)
    if found is None:
        try:
            with db_api.CONTEXT_WRITER.using(context):
                context.session.add(Incarnation(id=_ROW, incarnation=uuidutils.generate_uuid(), audits=0))
        except db_exc.DBDuplicateEntry:  # another process was faster
            pass
        found = _read(context)
    return str(found)


def _read(context: Any) -> str | None:
    with db_api.CONTEXT_READER.using(context):
        found: str | None = context.session.scalar(sa.select(Incarnation.incarnation).where(Incarnation.id == _ROW))
        return found


def begin_audit(context: Any, lease: int) -> tuple[str, int] | None:
    """Become the one that has the region audited, for ``lease`` seconds: the incarnation, and the audit's number.

    None: it is not time yet, or another does.
    """
    incarnation = current(context)
    with db_api.CONTEXT_WRITER.using(context):
        now = clock.read(context)
        due = sa.or_(Incarnation.audited_until.is_(None), Incarnation.audited_until <= now)
        mine = sa.update(Incarnation).where(Incarnation.incarnation == incarnation, due)
        if not context.session.execute(_values(mine, audited_until=now + datetime.timedelta(seconds=lease))).rowcount:
            return None
        audits = context.session.scalar(sa.select(Incarnation.audits).where(Incarnation.id == _ROW))
        return incarnation, int(audits or 0) + 1


def end_audit(context: Any, incarnation: str, number: int, pause: int) -> None:
    """The audit of this number has come to its end; the next is due in ``pause`` seconds."""
    with db_api.CONTEXT_WRITER.using(context):
        until = clock.read(context) + datetime.timedelta(seconds=pause)
        mine = sa.update(Incarnation).where(Incarnation.incarnation == incarnation)
        context.session.execute(_values(mine, audits=number, audited_until=until))


def give_up_audit(context: Any, incarnation: str) -> None:
    """The audit has failed: whoever looks next has it made."""
    with db_api.CONTEXT_WRITER.using(context):
        mine = sa.update(Incarnation).where(Incarnation.incarnation == incarnation)
        context.session.execute(_values(mine, audited_until=None))


def renew(context: Any, incarnation: str) -> None:
    """Begin another incarnation in the place of this one."""
    with db_api.CONTEXT_WRITER.using(context):
        mine = sa.update(Incarnation).where(Incarnation.incarnation == incarnation)
        context.session.execute(_values(mine, incarnation=uuidutils.generate_uuid(), audits=0, audited_until=None))


def _values(statement: Any, **values: Any) -> Any:
    return statement.values(**values).execution_options(synchronize_session=False)
