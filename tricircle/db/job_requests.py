"""The ids of the requests that a job answers, in a column of its row and of its log's.

Many may join one job that waits, for a region that is away, say. Kept are the first, since which it waits, and the
youngest.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from tricircle.domain import requests

KEPT = 10
# Each behind a comma.
_WIDTH = requests.LENGTH + 1
LENGTH = KEPT * _WIDTH


def write(ids: Iterable[str]) -> str:
    """The column's value."""
    kept = list(requests.known(*ids))
    if len(kept) > KEPT:
        kept = [kept[0], *kept[1 - KEPT :]]
    return "".join(f",{id_}" for id_ in kept)


def read(text: str) -> tuple[str, ...]:
    """The ids in a column's value, the first first, each once."""
    return requests.known(*text.split(","))


def joined(kept: Any, more: Any) -> Any:
    """Two values as one, as an SQL expression; ``more`` that is in it already is not added."""
    both = kept.concat(more)
    first = sa.func.substr(both, 1, _WIDTH, type_=sa.String)
    youngest = sa.func.substr(both, _WIDTH - LENGTH, type_=sa.String)
    return sa.case(
        (sa.func.instr(kept, more) > 0, kept),
        (sa.func.length(both) <= LENGTH, both),
        else_=first.concat(youngest),
    )
