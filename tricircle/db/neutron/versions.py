"""Versions of tables: the one that a region has, by its copy; and at central the one that each region was last sent."""

import calendar
import contextlib
import datetime
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
from oslo_utils import uuidutils

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Copy, SentVersion
from tricircle.domain import versions
from tricircle.domain.versions import Part

# Seconds after which central forgets what it has sent a region last. It only costs a question more.
KEEP_SECONDS = 30 * 86400


# In a region.


def own(context: Any, resource_ids: Collection[str]) -> dict[str, str]:
    """By id, the versions that this region has of the tables of its copies, where it has one."""
    if not resource_ids:
        return {}
    query = sa.select(Copy.resource_id, Copy.version).where(
        Copy.resource_id.in_(resource_ids), Copy.version.is_not(None), Copy.deleted_at.is_(None)
    )
    with db_api.CONTEXT_READER.using(context):
        return {row.resource_id: row.version for row in context.session.execute(query)}


def advance(context: Any, resource_id: str, part: Part) -> bool:
    """Have the version of ``part`` in place of the one that it is against, in the transaction that writes the table.

    False if this region has another. Who else writes the same table waits for the end of the caller's transaction, or
    fails in it: so nothing may be read before this.
    """
    version = sa.func.coalesce(Copy.version, versions.NONE)
    statement = sa.update(Copy).where(
        Copy.resource_id == resource_id,
        Copy.deleted_at.is_(None),
        version.in_((part["base"], part["version"])),
    )
    return bool(context.session.execute(_set(statement, part["version"])).rowcount == 1)


def put(context: Any, resource_id: str, version: str | None) -> None:
    """Have this version, whatever the region had; None: one of the region's own, as no table of central's is like it.

    Inside the transaction that writes the table, or has found it to be so.
    """
    value = versions.as_of(0, _nonce()) if version is None else version
    context.session.execute(_set(sa.update(Copy).where(Copy.resource_id == resource_id), value))


def _set(statement: Any, version: str) -> Any:
    return statement.values(version=version).execution_options(synchronize_session=False)


def _nonce() -> str:
    return str(uuidutils.generate_uuid(dashed=False))


# At central.


def begin(context: Any) -> str:
    """The version of what is read from now on."""
    with db_api.CONTEXT_READER.using(context):
        return versions.as_of(calendar.timegm(clock.read(context).timetuple()), _nonce()[:12])


def sent(context: Any, subject_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """By region name and subject id, what regions were last sent."""
    if not subject_ids:
        return {}
    row = SentVersion
    query = sa.select(row.region_name, row.subject_id, row.version).where(row.subject_id.in_(subject_ids))
    with db_api.CONTEXT_READER.using(context):
        return {(found[0], found[1]): found[2] for found in context.session.execute(query)}


def remember(context: Any, changed: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]) -> None:
    """Note what regions are sent, by region name and subject id: of which there is a row, and of which there is none.

    Of two that write the same row one may lose: it is no more than a guess of what a region has.
    """
    for rows, statement in ((changed, _update()), (new, _insert())):
        values = [{"b_region": r, "b_subject": s, "b_version": version} for (r, s), version in sorted(rows.items())]
        if values:
            with contextlib.suppress(db_exc.DBError), db_api.CONTEXT_WRITER.using(context):
                context.session.connection().execute(statement, values)


def _update() -> Any:
    columns = SentVersion.__table__.c
    mine = columns.region_name == sa.bindparam("b_region"), columns.subject_id == sa.bindparam("b_subject")
    return sa.update(SentVersion.__table__).where(*mine).values(version=sa.bindparam("b_version"))


def _insert() -> Any:
    names = {"region_name": "b_region", "subject_id": "b_subject", "version": "b_version"}
    return sa.insert(SentVersion.__table__).values({column: sa.bindparam(name) for column, name in names.items()})


def purge(context: Any) -> None:
    """Forget what was sent long ago."""
    with db_api.CONTEXT_WRITER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=KEEP_SECONDS)
        context.session.execute(sa.delete(SentVersion).where(SentVersion.sent_at < oldest))
