"""How many of all faults are tried, by ``TRICIRCLE_FAULTS``.

``few``, without it: every third scenario for lies, so that together they meet every kind, and fewer for crashes.
``some``: each scenario meets several. ``all``: every commit and every lie, for hours.
"""

import os
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Extent(StrEnum):
    """How many."""

    FEW = "few"
    SOME = "some"
    ALL = "all"


EXTENT = Extent(os.environ.get("TRICIRCLE_FAULTS", Extent.FEW))


def part(scenarios: Sequence[T], first: int = 0, every: int = 3) -> Sequence[T]:
    """Those that are tried: one of ``every`` so many from the ``first``, or all."""
    return scenarios[first::every] if EXTENT is Extent.FEW else scenarios
