"""How much is tried: nothing, a part of all faults (``TRICIRCLE_FAULTS=some``), or each (``all``), for hours."""

import os

WANTED = os.environ.get("TRICIRCLE_FAULTS", "")
EVERYTHING = WANTED == "all"
