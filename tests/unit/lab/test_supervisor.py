"""The supervisor with services that are real, if small, processes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from tricircle_lab import cgroup, probes, supervisor
from tricircle_lab.errors import LabError, ServiceFailedError
from tricircle_lab.layout import LOOPBACK
from tricircle_lab.output import Reporter
from tricircle_lab.processes import ProcessTable
from tricircle_lab.supervisor import Supervisor
from tricircle_lab.units import Service, Task, Unit, select

SLEEP = ("sleep", "300")


def _always(_process: psutil.Process) -> str | None:
    return None


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessTable]:
    # Without root there are no control groups to make.
    monkeypatch.setattr(cgroup, "mount_point", lambda: None)
    table = ProcessTable(tmp_path / "records", "unused")
    yield table
    table.kill_all()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path


def _bring_about(processes: ProcessTable, logs: Path, units: list[Unit]) -> set[str]:
    quiet = Reporter(Console(quiet=True))
    return Supervisor(processes, lambda region: [], logs, quiet).bring_about(units)


def test_each_unit_comes_after_those_it_needs(processes: ProcessTable, logs: Path) -> None:
    order: list[str] = []
    lock = threading.Lock()

    def task(name: str, *after: str) -> Task:
        def run() -> None:
            with lock:
                order.append(name)

        return Task(name, run, after)

    _bring_about(
        processes, logs, [task("c", "b", "service"), task("b", "a"), Service("service", SLEEP, _always), task("a")]
    )
    assert order == ["a", "b", "c"]


def test_what_runs_stays_and_what_was_killed_comes_back(processes: ProcessTable, logs: Path) -> None:
    units: list[Unit] = [Service(name, SLEEP, _always) for name in ("one", "two")]
    assert _bring_about(processes, logs, units) == {"one", "two"}
    kept, killed = processes.main("one"), processes.main("two")
    assert kept is not None
    assert killed is not None
    killed.kill()
    killed.wait(5)
    assert _bring_about(processes, logs, units) == {"two"}
    assert processes.main("one") == kept


def test_what_stands_on_a_new_service_starts_anew(processes: ProcessTable, logs: Path) -> None:
    units: list[Unit] = [
        Service("ground", SLEEP, _always),
        Service("tower", SLEEP, _always, after=("ground",), restarts_with=("ground",)),
        Service("tent", SLEEP, _always, after=("ground",)),
    ]
    _bring_about(processes, logs, units)
    processes.stop("ground")
    assert _bring_about(processes, logs, units) == {"ground", "tower"}


def test_a_service_that_ends_is_named_with_its_last_words(processes: ProcessTable, logs: Path) -> None:
    broken = Service("broken", ("sh", "-c", "echo no such luck; exit 3"), lambda _process: "not yet")
    with pytest.raises(ServiceFailedError, match=r"(?s)broken has ended.*no such luck"):
        _bring_about(processes, logs, [broken])


def test_a_service_that_is_never_ready_says_why_not(processes: ProcessTable, logs: Path) -> None:
    slow = Service("slow", SLEEP, lambda _process: "the kettle is cold", timeout=0.3)
    with pytest.raises(ServiceFailedError, match=r"slow is not ready after 0 s: the kettle is cold"):
        _bring_about(processes, logs, [slow])


def test_who_holds_the_port_is_named(processes: ProcessTable, logs: Path) -> None:
    listen = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
    script = listen + "print(s.getsockname()[1], flush=True); time.sleep(300)"
    log = logs / "squatter.log"
    squatter = processes.start("squatter", (sys.executable, "-c", script), {}, log)
    while not log.read_text().strip():
        assert squatter.is_running()
    port = int(log.read_text())
    assert probes.listens(port)(squatter) is None
    with pytest.raises(LabError, match=rf"api needs port {port} of {LOOPBACK}, on which process {squatter.pid}"):
        supervisor.require_free_port("api", port)


def test_selected_units_bring_what_they_need() -> None:
    units: list[Unit] = [
        Service("database", SLEEP, _always),
        Service("api@RegionOne", SLEEP, _always, after=("database",)),
        Service("api@RegionTwo", SLEEP, _always, after=("database",)),
        Service("agent@RegionTwo", SLEEP, _always, after=("api@RegionTwo",)),
    ]

    def names(*patterns: str) -> list[str]:
        return [unit.name for unit in select(units, list(patterns))]

    assert names("agent@RegionTwo") == ["database", "api@RegionTwo", "agent@RegionTwo"]
    assert names("api") == ["database", "api@RegionOne", "api@RegionTwo"]
    assert names("*One") == ["database", "api@RegionOne"]
    with pytest.raises(KeyError):
        names("nova")
