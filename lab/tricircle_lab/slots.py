"""Several labs on one machine: each claims a slot, from which its ports and names follow."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from tricircle_lab.errors import LabError
from tricircle_lab.layout import SLOTS

_CLAIMS = Path("/run/tricircle-lab")


def claim(state_dir: Path, former: int | None = None) -> int:
    """The slot of the lab with this state directory; a new lab gets a free one.

    :param former: the slot that the lab had before the machine was started anew.
    :raises LabError: every slot, or the former one, belongs to another lab.
    """
    with _exclusive():
        owners = {slot: _owner(slot) for slot in range(SLOTS)}
        mine = [slot for slot, owner in owners.items() if owner == state_dir]
        free = [slot for slot, owner in owners.items() if owner is None and former in (None, slot)]
        if not mine + free:
            others = ", ".join(sorted({str(owner) for owner in owners.values() if owner}))
            raise LabError(f"other labs use the ports that this one needs (their state directories: {others})")
        slot = (mine + free)[0]
        (_CLAIMS / str(slot)).write_text(str(state_dir))
        return slot


def release(slot: int) -> None:
    (_CLAIMS / str(slot)).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        _CLAIMS.rmdir()


def _owner(slot: int) -> Path | None:
    """The state directory of the lab that has the slot, unless it was removed by hand."""
    with contextlib.suppress(FileNotFoundError):
        owner = Path((_CLAIMS / str(slot)).read_text())
        return owner if owner.exists() else None
    return None


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    _CLAIMS.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_CLAIMS, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
