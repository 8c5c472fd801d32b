"""How many of all faults are tried, by ``TRICIRCLE_FAULTS``.

``few``, without it: of each scenario another part, so that together they meet every kind of fault. ``some``: each
scenario meets several. ``all``: every commit and every lie, for hours.
"""

import os
from enum import StrEnum


class Extent(StrEnum):
    """How many."""

    FEW = "few"
    SOME = "some"
    ALL = "all"


EXTENT = Extent(os.environ.get("TRICIRCLE_FAULTS", Extent.FEW))
