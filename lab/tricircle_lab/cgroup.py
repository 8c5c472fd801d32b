"""The lab's processes, by control group.

A service's children may detach, rename themselves and outlive it; their control group stays. Only the tree of
version 2 is used (it needs no controller), wherever it is mounted. On a machine without it, see :mod:`processes`.
Only where processes are limited in what they use (:func:`limited`) must there be a controller, of either version.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from tricircle_lab.errors import LabError

_PERIOD_MICROSECONDS = 100_000


def mount_point(mounts: Path = Path("/proc/mounts")) -> Path | None:
    """Where control groups of version 2 are mounted and writable, if anywhere."""
    for line in mounts.read_text().splitlines():
        _device, where, kind, options, *_ = line.split()
        if kind == "cgroup2" and "rw" in options.split(","):
            return Path(where)
    return None


def cpu_mount_point(mounts: Path = Path("/proc/mounts")) -> Path | None:
    """Where the controller `cpu` of version 1 is mounted and writable, if anywhere."""
    for line in mounts.read_text().splitlines():
        _device, where, kind, options, *_ = line.split()
        if kind == "cgroup" and {"rw", "cpu"} <= set(options.split(",")):
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

    def own_pids(self) -> list[int]:
        """The processes of the group, without those of groups below it."""
        return [int(pid) for pid in self.procs_file.read_text().split()]

    def cpu_seconds(self) -> float:
        """What the group's processes, those that have ended too, have used of the machine's cores."""
        statistics = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(statistics["usage_usec"]) / 1e6

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


@contextlib.contextmanager
def limited(group: ControlGroup, cores: float) -> Iterator[None]:
    """Let the processes of the group, and what they start, have so many cores together, until the end of the block.

    :raises LabError: nothing on this machine can limit them.
    """
    mount, limit = group.path.parent, group.path / "cpu.max"
    if "cpu" in (mount / "cgroup.controllers").read_text().split():
        (mount / "cgroup.subtree_control").write_text("+cpu")
        limit.write_text(f"{_quota(cores)} {_PERIOD_MICROSECONDS}")
        try:
            yield
        finally:
            limit.write_text(f"max {_PERIOD_MICROSECONDS}")
        return
    other = cpu_mount_point()
    if other is None:
        raise LabError("no control group limits cores here: neither version mounts its controller `cpu`, writable")
    with _limited_beside(group, ControlGroup(other / group.path.name), cores):
        yield


@contextlib.contextmanager
def _limited_beside(group: ControlGroup, twin: ControlGroup, cores: float) -> Iterator[None]:
    """The same by a group of version 1, in which the processes are meanwhile."""
    twin.create()
    (twin.path / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
    (twin.path / "cpu.cfs_quota_us").write_text(str(_quota(cores)))
    try:
        _move(group, twin)
        yield
    finally:
        _move(twin, ControlGroup(twin.path.parent))
        twin.path.rmdir()


def _move(source: ControlGroup, target: ControlGroup) -> None:
    """All processes, those too that are born meanwhile; raises LabError if there is no end of them."""
    for _ in range(10):
        left = set(source.pids()) - set(target.own_pids())
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                target.procs_file.write_text(str(pid))
    raise LabError(f"processes of {source.path} cannot be moved to {target.path}")


def _quota(cores: float) -> int:
    return int(cores * _PERIOD_MICROSECONDS)
