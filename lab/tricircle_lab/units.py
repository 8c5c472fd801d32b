"""What `up` brings about: services that run, and tasks that end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import psutil

from tricircle_lab.layout import LOOPBACK, Region


@dataclass(frozen=True)
class Task:
    """Work that has an end, can be repeated, and does nothing when nothing is to be done."""

    name: str
    run: Callable[[], None]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A process that stays.

    `probe` gets its first process and says why it is not ready, or None when it is. `region` names the host in whose
    namespaces it runs. `restarts_with` names services whose end takes away what this one stands on: when they start
    anew, so does this one. `port` is one of this machine's loopback; `socket` is another place where it listens.
    """

    name: str
    command: tuple[str, ...]
    probe: Callable[[psutil.Process], str | None]
    after: tuple[str, ...] = ()
    restarts_with: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    region: Region | None = None
    prepare: Callable[[], None] | None = None
    port: int | None = None
    socket: str = ""
    timeout: float = 180

    @property
    def address(self) -> str:
        """Where the service is met, if anywhere."""
        return f"{LOOPBACK}:{self.port}" if self.port else self.socket


Unit = Task | Service


def select(units: list[Unit], patterns: list[str]) -> list[Unit]:
    """The units that the patterns name, and all that they need.

    A pattern is a name, a name without its region (`neutron-api`), or a shell pattern.

    :raises KeyError: a pattern names nothing.
    """
    by_name = {unit.name: unit for unit in units}
    wanted: list[str] = []
    for pattern in patterns:
        named = [name for name in by_name if fnmatchcase(name, pattern) or name.partition("@")[0] == pattern]
        if not named:
            raise KeyError(pattern)
        wanted.extend(named)
    chosen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in chosen:
            chosen.add(name)
            wanted.extend(by_name[name].after)
    return [unit for unit in units if unit.name in chosen]
