"""Start, find and end the lab's processes.

Each service has a record (pid and start time of its first process) and, where the machine has control groups of
version 2, a group of its own. Without them the members of a service are its first process's descendants and what is
still in its session, which misses only what detached itself from a parent that has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from tricircle_lab import cgroup, commands
from tricircle_lab.errors import LabError

# The shell joins the group, then becomes the service: no instant in which a child could be born outside.
_JOIN = 'echo 0 >"$0" && exec "$@"'


class ProcessTable:
    """The processes of one lab, by service."""

    def __init__(self, records: Path, group_name: str) -> None:
        self._records = records
        mount = cgroup.mount_point()
        self._root = cgroup.ControlGroup(mount / group_name) if mount else None

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> psutil.Process:
        """Start a service's first process in the background; what it prints goes to the end of `log`.

        What the service left from a former life is ended first.
        """
        self.kill(name)
        self._records.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            started = subprocess.Popen(
                self.member_command(name, command),
                env=commands.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
            )
        process = psutil.Process(started.pid)
        record = {"pid": process.pid, "created": process.create_time(), "started": time.monotonic_ns()}
        self._record(name).write_text(json.dumps(record))
        return process

    def member_command(self, name: str, command: Sequence[str]) -> list[str]:
        """The command in such a form that its process becomes a member of the service."""
        if self._root is None:
            return list(command)
        group = self._root.child(name)
        group.create()
        return ["/bin/sh", "-c", _JOIN, str(group.procs_file), *command]

    def main(self, name: str) -> psutil.Process | None:
        """The service's first process, if it lives."""
        try:
            record = json.loads(self._record(name).read_text())
            process = psutil.Process(record["pid"])
            same = abs(process.create_time() - record["created"]) < 0.05
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def started(self, name: str) -> int | None:
        """When the service's first process was started, in nanoseconds of the machine's monotonic clock, if it lives.

        The kernel's own start times are of one hundredth of a second, in which several services may start.
        """
        return int(json.loads(self._record(name).read_text())["started"]) if self.main(name) else None

    def members(self, name: str) -> list[psutil.Process]:
        """All processes of the service."""
        if self._root is not None:
            return _processes(self._root.child(name).pids())
        main = self.main(name)
        family = [main, *main.children(recursive=True)] if main else []
        return family + [process for process in _session(self._recorded_pid(name)) if process not in family]

    def cpu_seconds(self, *names: str) -> float:
        """What these services have used of the machine's cores since they were started."""
        if self._root is not None:
            return sum(self._root.child(name).cpu_seconds() for name in names)
        return sum(_cpu_seconds(process) for name in names for process in self.members(name))

    @contextlib.contextmanager
    def limited(self, cores: float) -> Iterator[None]:
        """Let all services together have so many cores, until the end of the block.

        :raises LabError: this machine has no control groups that could.
        """
        if self._root is None:
            raise LabError("cores are limited by control groups: this machine has none of version 2")
        with cgroup.limited(self._root, cores):
            yield

    def stop(self, name: str, patience: float = 8) -> None:
        """End a service: ask its first process, and after `patience` seconds end whatever is left."""
        main = self.main(name)
        if main is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                main.terminate()
                psutil.wait_procs([main], timeout=patience)
        self.kill(name)

    def kill(self, name: str) -> None:
        """End a service at once, and forget it."""
        if self._root is not None:
            self._root.child(name).kill()
        else:
            _kill(self.members(name))
        self._record(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """The services that were started and not ended by us."""
        return sorted(path.stem for path in self._records.glob("*.json"))

    def kill_all(self) -> None:
        """End every process of the lab at once."""
        if self._root is not None:
            self._root.kill()
        for name in self.names():
            self.kill(name)

    def any_alive(self) -> bool:
        if self._root is not None:
            return bool(self._root.pids())
        return any(self.main(name) for name in self.names())

    def _record(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def _recorded_pid(self, name: str) -> int | None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(json.loads(self._record(name).read_text())["pid"])
        return None


def kill_in_namespaces(namespaces: Iterable[Path]) -> None:
    """End every process that is in one of these network namespaces."""
    inodes = set()
    for path in namespaces:
        with contextlib.suppress(FileNotFoundError):
            inodes.add(path.stat().st_ino)
    _kill([process for process in psutil.process_iter() if _namespace_inode(process.pid) in inodes])


def memory(processes: Iterable[psutil.Process]) -> int:
    """Bytes that the processes use together; what they share is counted once."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total


def _cpu_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _namespace_inode(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None


def _processes(pids: Iterable[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def _session(session: int | None) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter() if session else []:
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == session:
                found.append(process)
    return found


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
