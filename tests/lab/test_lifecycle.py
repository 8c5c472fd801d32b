"""Crashes are healed, and nothing is left behind."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.lab import waiting
from tests.lab.conftest import CACHE_DIR
from tricircle_lab import cgroup, cli, traffic
from tricircle_lab.lab import Lab
from tricircle_lab.processes import ProcessTable

pytestmark = [pytest.mark.timeout(900)]

PATIENCE = 120


def test_up_heals_what_was_killed(lab: Lab, heal: Callable[[], set[str]]) -> None:
    region = lab.layout.regions[0]
    killed = {
        "mariadb",
        "rabbitmq",
        f"neutron-api@{region.name}",
        f"neutron-dhcp-agent@{region.name}",
        f"ovs-vswitchd@{region.name}",
    }
    for name in killed:
        process = lab.processes.main(name)
        assert process is not None
        process.kill()
        process.wait(10)
    # Not by the status of all: those that stand on these answer late, and the pause is no part of what is tested.
    assert not any(lab.processes.main(name) for name in killed)
    assert killed <= heal()
    # Agents that were not killed report again when they have found the broker.
    waiting.until(lambda: [state for state in lab.status() if not state.ready], [], PATIENCE)
    ends = [lab.instances.get(name) for name in ("vm3", "vm4")]
    for source, target in (ends, ends[::-1]):
        traffic.ping(lab.instances.guest(source), target.addresses[0], patience=PATIENCE)


def test_up_restores_a_host_that_has_lost_its_namespaces(lab: Lab, heal: Callable[[], set[str]]) -> None:
    region = lab.layout.regions[0]
    lab.stop([f"host@{region.name}"])
    started = heal()
    assert {f"ovsdb@{region.name}", f"neutron-openvswitch-agent@{region.name}"} <= started
    ends = [lab.instances.get(name) for name in ("vm3", "vm4")]
    traffic.ping(lab.instances.guest(ends[0]), ends[1].addresses[0], patience=60)


def test_down_leaves_nothing(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"

    def command(*arguments: str) -> int:
        return cli.main(["--state-dir", str(state_dir), "--cache-dir", str(CACHE_DIR), *arguments])

    some = ("mariadb", "rabbitmq", "relay", "ovs-vswitchd", "neutron-api@Hollow1")
    assert command("up", "--regions", "1", "--hollow", "1", "--only", *some) == 0
    lab = Lab.open(state_dir, CACHE_DIR)
    # Of a hollow region there is the API, which needs no host.
    hollow = {state.name: state.ready for state in lab.status() if state.name.endswith("@Hollow1")}
    assert hollow == {"memcached@Hollow1": True, "neutron-api@Hollow1": True}
    lab.processes.main("rabbitmq").kill()  # type: ignore[union-attr]
    assert command("down") == 0
    assert not state_dir.exists()
    assert command("status") == 1
    assert _processes_of(state_dir) == []
    assert not list(Path("/run/netns").glob(f"{lab.layout.prefix}-*"))
    assert str(state_dir) not in Path("/proc/mounts").read_text()
    mount = cgroup.mount_point()
    assert mount is None or not (mount / lab.layout.cgroup_name).exists()
    assert not Path(f"/run/tricircle-lab/{lab.layout.slot}").exists()


def _processes_of(state_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if process.info["status"] != psutil.STATUS_ZOMBIE and str(state_dir) in words:
            found.append(process)
    return found


def test_processes_are_found_without_control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "mount_point", lambda: None)
    processes = ProcessTable(tmp_path / "records", "none")
    script = "sleep 300 & sh -c 'sleep 301 & wait' & wait"
    main = processes.start("family", ["sh", "-c", script], {}, tmp_path / "log")
    while len(processes.members("family")) < 4:
        assert main.is_running()
    main.kill()
    main.wait(10)
    left = processes.members("family")
    assert len(left) == 3
    processes.kill("family")
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in left)


def test_services_share_the_cores_that_they_are_given(tmp_path: Path) -> None:
    if cgroup.mount_point() is None:
        pytest.skip("needs control groups of version 2")
    processes = ProcessTable(tmp_path / "records", f"tricircle-test-{os.getpid()}")
    spin = (sys.executable, "-c", "while True: pass")
    try:
        for name in ("one", "two"):
            processes.start(name, spin, {}, tmp_path / "log")
        with processes.limited(0.2):
            used, began = processes.cpu_seconds("one", "two"), time.monotonic()
            time.sleep(2)
            share = (processes.cpu_seconds("one", "two") - used) / (time.monotonic() - began)
        assert 0 < share < 0.4
        # They are no more limited then, wherever they were meanwhile.
        assert not list(Path("/sys/fs/cgroup").rglob(f"tricircle-test-{os.getpid()}/cpu.cfs_quota_us"))
    finally:
        processes.kill_all()
