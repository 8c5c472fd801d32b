"""Bring units about in the order of their dependencies, as many at once as these allow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import psutil

from tricircle_lab.errors import LabError, ServiceFailedError
from tricircle_lab.layout import LOOPBACK, Region
from tricircle_lab.output import Reporter
from tricircle_lab.processes import ProcessTable
from tricircle_lab.units import Service, Task, Unit

_POLL_SECONDS = 0.2
_LOG_LINES = 20
_SEEN_ON_LOOPBACK = (LOOPBACK, "0.0.0.0", "::")


class Supervisor:
    """Starts what is not running; what runs and is ready stays as it is."""

    def __init__(
        self, processes: ProcessTable, enter: Callable[[Region], list[str]], logs: Path, reporter: Reporter
    ) -> None:
        """
        :param enter: gives the command prefix that leads into a region's host.
        :param logs: the directory with a log a service.
        """
        self._processes = processes
        self._enter = enter
        self._logs = logs
        self._reporter = reporter
        self._started: set[str] = set()
        self._cancelled = threading.Event()

    def bring_about(self, units: Sequence[Unit]) -> set[str]:
        """Run the tasks and start the services; return when all are ready, with the names of the services started.

        :raises LabError: the first failure; what has started until then stays.
        """
        waiting = {unit.name: unit for unit in units}
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(max_workers=len(units) or 1) as pool:
            try:
                while waiting or running:
                    self._go_on(pool, waiting, running)
            except BaseException:
                self._cancelled.set()
                raise
        return self._started

    def _go_on(self, pool: ThreadPoolExecutor, waiting: dict[str, Unit], running: dict[Future[None], str]) -> None:
        """Start what may start, and wait until something is ready."""
        for unit in [unit for unit in waiting.values() if self._may_start(unit, waiting, running)]:
            running[pool.submit(self._bring, unit)] = unit.name
            del waiting[unit.name]
        self._reporter.waiting_for(sorted(running.values()))
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            del running[future]
            future.result()

    @staticmethod
    def _may_start(unit: Unit, waiting: dict[str, Unit], running: dict[Future[None], str]) -> bool:
        return not any(name in waiting or name in running.values() for name in unit.after)

    def _bring(self, unit: Unit) -> None:
        if isinstance(unit, Task):
            unit.run()
            return
        process = self._processes.main(unit.name)
        if process is None or self._is_outdated(unit):
            process = self._start(unit)
        self._wait_ready(unit, process)
        if unit.name in self._started:
            self._reporter.done(unit.name)

    def _is_outdated(self, service: Service) -> bool:
        """Whether what it stands on is younger, also when an earlier command was interrupted in between."""
        own = self._processes.started(service.name) or 0
        return any((self._processes.started(name) or 0) > own for name in service.restarts_with)

    def _start(self, service: Service) -> psutil.Process:
        self._processes.kill(service.name)
        if service.prepare:
            service.prepare()
        if service.port:
            require_free_port(service.name, service.port)
        prefix = self._enter(service.region) if service.region else []
        log = self._logs / f"{service.name}.log"
        self._started.add(service.name)
        return self._processes.start(service.name, [*prefix, *service.command], service.environment, log)

    def _wait_ready(self, service: Service, process: psutil.Process) -> None:
        deadline = time.monotonic() + service.timeout
        while (why_not := why_not_ready(service, process)) is not None:
            if not _lives(process):
                raise ServiceFailedError(self._failure(service, "has ended"))
            if time.monotonic() > deadline:
                raise ServiceFailedError(
                    self._failure(service, f"is not ready after {service.timeout:.0f} s: {why_not}")
                )
            if self._cancelled.wait(_POLL_SECONDS):
                raise LabError(f"{service.name}: given up, because another service failed")

    def _failure(self, service: Service, what: str) -> str:
        return f"{service.name} {what}\n" + log_tail(self._logs / f"{service.name}.log")


def why_not_ready(service: Service, process: psutil.Process) -> str | None:
    """Why a started service cannot be used yet, or None when it can."""
    if not _lives(process):
        return "has ended"
    return service.probe(process)


def require_free_port(name: str, port: int) -> None:
    """:raises LabError: something else listens there; it is named."""
    for link in psutil.net_connections("tcp"):
        if link.status == psutil.CONN_LISTEN and link.laddr.port == port and link.laddr.ip in _SEEN_ON_LOOPBACK:
            holder = f"process {link.pid} ({psutil.Process(link.pid).name()})" if link.pid else "another program"
            raise LabError(f"{name} needs port {port} of {LOOPBACK}, on which {holder} listens")


def log_tail(path: Path, lines: int = _LOG_LINES) -> str:
    """The last lines of a log, indented, with the log's path above."""
    try:
        last = path.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return f"(no log {path})"
    return "\n".join([f"the last lines of {path}:", *(f"    {line}" for line in last)])


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
