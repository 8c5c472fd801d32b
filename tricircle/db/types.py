"""Column types and SQL functions that mean the same on MariaDB, MySQL and SQLite."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only where the key is called INTEGER.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time in Python, a time without zone and with microseconds in the database."""

    impl = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class utc_now(FunctionElement[datetime]):  # noqa: N801 - an SQL function
    """The database's own clock: the only one that processes on several machines share."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(utc_now, "sqlite")
def _sqlite_now(_element: utc_now, _compiler: Any, **_kwargs: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(utc_now, "mysql")
@compiles(utc_now, "mariadb")
def _mysql_now(_element: utc_now, _compiler: Any, **_kwargs: Any) -> str:
    return "UTC_TIMESTAMP(6)"


def read_clock(session: Session) -> datetime:
    """The database's time now, UTC."""
    now = session.scalar(sa.select(utc_now()))
    if now is None:
        raise RuntimeError("the database tells no time")
    return now
