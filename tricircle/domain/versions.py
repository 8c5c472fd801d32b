"""Versions of tables that central keeps, and regions have copies of: a network's remote endpoints, a group's members.

A version is a word: when central read the table, in seconds since 1970 by its database's clock, and what makes it
unlike any other. A region whose table is none of central's gives it a version of its own, of second 0.
"""

import datetime
from typing import NotRequired, TypedDict

# What a region has that has no table: no version.
NONE = ""


class Part(TypedDict):
    """How a table goes to a region, beside its entries: as a whole, or as a difference.

    ``base``: the version that the region must have for it; ``version``: the one that it has with it. ``names``: the
    entries are all that there are of these names, and others stay as they are; without it they are all. ``digest``: of
    the whole table, as it is with it.
    """

    base: str
    version: str
    digest: str
    names: NotRequired[list[str]]


def as_of(seconds: int, nonce: str) -> str:
    """A version of central's; of a region's own: ``seconds`` is 0."""
    return f"{seconds}-{nonce}"


def read_at(version: str) -> datetime.datetime | None:
    """When central read the table (naive, UTC); None if that is not known: it is none of central's versions."""
    seconds = version.partition("-")[0]
    # So many digits are a time within the years that Python knows.
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11) or not int(seconds):
        return None
    return datetime.datetime.fromtimestamp(int(seconds), datetime.UTC).replace(tzinfo=None)
