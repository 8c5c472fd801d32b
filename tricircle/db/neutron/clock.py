"""The clock of Neutron's database: the only one that a region's, or central's, servers share. UTC, whole seconds."""

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class utc_now(FunctionElement[datetime.datetime]):  # noqa: N801 - an SQL function
    """Now. MySQL's ``CURRENT_TIMESTAMP`` is in the server's own time zone, which summer time changes."""

    type = sa.DateTime()
    inherit_cache = True


@compiles(utc_now)
def _now(_element: utc_now, _compiler: Any, **_kwargs: Any) -> str:
    return "CURRENT_TIMESTAMP"  # SQLite: always UTC


@compiles(utc_now, "mysql")
@compiles(utc_now, "mariadb")
def _mysql_now(_element: utc_now, _compiler: Any, **_kwargs: Any) -> str:
    return "UTC_TIMESTAMP()"


def read(context: Any) -> datetime.datetime:
    """The time now, naive; inside the caller's transaction, or one of its own."""
    now: datetime.datetime = context.session.scalar(sa.select(utc_now()))
    return now
