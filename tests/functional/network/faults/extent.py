"""How many of all faults are tried, by ``TRICIRCLE_FAULTS``.

``few``, without it: every sixth scenario, each with faults of other kinds. ``some``: each
scenario meets several. ``all``: every commit and every lie, for hours.
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


def part(scenarios: Sequence[T], first: int = 0) -> Sequence[T]:
    """Those that are tried: each sixth from the ``first``, or all."""
    return scenarios[first::6] if EXTENT is Extent.FEW else scenarios
