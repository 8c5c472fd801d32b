"""What the lab's services complained of while a test ran: a failure in the lab is seldom explained by its assertion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

# Of a traceback the first line alone: the others name no request.
_COMPLAINT = re.compile(r" (WARNING|ERROR|CRITICAL) \S+ \[")
_LINES = 40
_LENGTH = 400


def sizes(directory: Path) -> dict[Path, int]:
    """How long each log is now."""
    return {path: path.stat().st_size for path in directory.glob("*.log")}


def complaints(directory: Path, before: Mapping[Path, int]) -> str:
    """The last complaints of each log since it had that size, shortened."""
    return "\n".join(part for path in sorted(directory.glob("*.log")) if (part := _of(path, before.get(path, 0))))


def _of(path: Path, start: int) -> str:
    with path.open(errors="replace") as log:
        # A service that was started anew by another lab has a log of its own.
        log.seek(min(start, path.stat().st_size))
        found = [line.rstrip()[:_LENGTH] for line in log if _COMPLAINT.search(line)]
    return "\n".join([f"== {path.name}", *found[-_LINES:]]) if found else ""
