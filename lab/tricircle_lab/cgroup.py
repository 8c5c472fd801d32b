"""The lab's processes, by control group.

A service's children may detach, rename themselves and outlive it; their control group stays. Only the tree of
version 2 is used (it needs no controller), wherever it is mounted. On a machine without it, see :mod:`processes`.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path


def mount_point(mounts: Path = Path("/proc/mounts")) -> Path | None:
    """Where control groups of version 2 are mounted and writable, if anywhere."""
    for line in mounts.read_text().splitlines():
        _device, where, kind, options, *_ = line.split()
        if kind == "cgroup2" and "rw" in options.split(","):
            return Path(where)
    return None


class ControlGroup:
    """A directory of the cgroup tree and all below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def child(self, name: str) -> ControlGroup:
        return ControlGroup(self.path / name)

    def create(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def procs_file(self) -> Path:
        """Who writes a 0 here, is in the group, with all that it starts from then on."""
        return self.path / "cgroup.procs"

    def pids(self) -> list[int]:
        """The processes of the group and of those below it."""
        found: list[int] = []
        for procs in self.path.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.extend(int(pid) for pid in procs.read_text().split())
        return sorted(set(found))

    def kill(self, timeout: float = 10) -> None:
        """End every process of the group at once, and remove the group.

        :param timeout: seconds until what still lives (a process in uninterruptible sleep) is left alone.
        """
        if not self.path.exists():
            return
        (self.path / "cgroup.kill").write_text("1")
        deadline = time.monotonic() + timeout
        while self.pids() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._remove(deadline)

    def _remove(self, deadline: float) -> None:
        groups = sorted((path for path in self.path.rglob("*") if path.is_dir()), reverse=True)
        for path in [*groups, self.path]:
            # A group whose last process is being reaped is busy for an instant.
            while path.exists() and time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    path.rmdir()
                    break
                time.sleep(0.02)
