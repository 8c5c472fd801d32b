"""The numbers of central's changes that are behind a job, in a column of its row.

Of them the youngest count, and for a while only: a database node lags by seconds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tricircle.db.models import Job as JobRow

# Characters that are kept, and seconds after the last change for which all of them are.
_LENGTH = 2000
_SECONDS = 600


def write(changes: Iterable[int]) -> str:
    """The column's value."""
    text = "".join(f",{number}" for number in sorted(set(changes)))
    return text[-_LENGTH:]


def read(text: str) -> tuple[int, ...]:
    """The numbers in a column's value, in their order."""
    _cut, *numbers = text.split(",")
    return tuple(sorted({int(number) for number in numbers}))


def recent(now: datetime) -> sa.ColumnElement[str]:
    """Those of a job that central still knows: the column's value."""
    return sa.case((is_recent(now), JobRow.changes), else_="")


def is_recent(now: datetime) -> sa.ColumnElement[bool]:
    """Whether central still knows the changes that were added to a job last."""
    return JobRow.changed_at > now - timedelta(seconds=_SECONDS)


def appended(session: Session, more: Any, now: datetime) -> Any:
    """The youngest of a job's recent changes and ``more`` together, as an SQL expression.

    A number that the length cuts has no comma, and is none.
    """
    kept = recent(now)
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.substr(kept.concat(more), -_LENGTH)
    return sa.func.right(sa.func.concat(kept, more), _LENGTH)
