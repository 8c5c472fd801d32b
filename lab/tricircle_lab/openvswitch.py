"""Each host's own Open vSwitch, with the userspace datapath (no kernel module needed)."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping

from tricircle_lab import commands
from tricircle_lab.errors import LabError
from tricircle_lab.hosts import Hosts
from tricircle_lab.hosts import service_name as host_service
from tricircle_lab.layout import UNDERLAY, UNDERLAY_MTU, Region
from tricircle_lab.units import Service, Task, Unit

_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_SETTLING_LOOKS = 5
_SETTLING_SECONDS = 0.4
_SOCKET = "/run/openvswitch/db.sock"
# The bridge of each of the host's links. The VTEP's address must be on a bridge of the datapath: the datapath sends
# encapsulated frames out of its own bridges, not out of the machine's other interfaces.
UPLINKS = {"br-phy": "eth0", "br-vlan": "eth1", "br-ext": "eth2"}


def database_service(region: Region) -> str:
    return f"ovsdb@{region.name}"


def switch_service(region: Region) -> str:
    return f"ovs-vswitchd@{region.name}"


def bridges_task(region: Region) -> str:
    return f"bridges@{region.name}"


def units(hosts: Hosts, region: Region) -> list[Unit]:
    folder = region.run / "openvswitch"
    database = folder / "conf.db"
    host = host_service(region)

    def create_database() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not database.exists():
            commands.run(["ovsdb-tool", "create", str(database), _SCHEMA])

    remotes = ("punix:" + _SOCKET, "ptcp:6640:127.0.0.1")
    server = Service(
        name=database_service(region),
        command=(
            *("ovsdb-server", str(database)),
            *(f"--remote={remote}" for remote in remotes),
            *(f"--pidfile={folder}/ovsdb-server.pid", f"--unixctl={folder}/ovsdb-server.ctl"),
        ),
        probe=lambda _process: _answers(hosts, region, "ovs-vsctl", "--no-wait", "--timeout=2", "show"),
        prepare=create_database,
        after=(host,),
        restarts_with=(host,),
        region=region,
        socket="127.0.0.1:6640",
        timeout=30,
    )
    switch = Service(
        name=switch_service(region),
        command=("ovs-vswitchd", f"--pidfile={folder}/ovs-vswitchd.pid", f"--unixctl={folder}/ovs-vswitchd.ctl"),
        probe=lambda _process: _answers(hosts, region, "ovs-appctl", f"--target={folder}/ovs-vswitchd.ctl", "version"),
        after=(server.name,),
        restarts_with=(host,),
        region=region,
        timeout=30,
    )
    bridges = Task(bridges_task(region), lambda: _after_start(hosts, region), after=(switch.name,))
    return [server, switch, bridges]


def _answers(hosts: Hosts, region: Region, *command: str) -> str | None:
    try:
        hosts.run(region, *command, timeout=5)
    except LabError as error:
        return str(error)
    return None


def _after_start(hosts: Hosts, region: Region) -> None:
    _remove_dead_devices(hosts, region)
    _make_bridges(hosts, region)


def _remove_dead_devices(hosts: Hosts, region: Region) -> None:
    """Remove the devices that a former switch has left in the host's named namespaces.

    They outlive it, without anyone at their other end, while the new switch makes new ones of the same names outside:
    whoever had put them there would take the dead ones for connected.
    """
    for namespace in [line.split()[0] for line in hosts.run(region, "ip", "netns", "list").splitlines()]:
        links = json.loads(hosts.run(region, "ip", "-n", namespace, "-json", "-details", "link", "show") or "[]")
        for link in links:
            # LOWER_UP goes at once with the other end; the state that ip shows follows up to a second later.
            is_dead = "UP" in link["flags"] and "LOWER_UP" not in link["flags"]
            if is_dead and link.get("linkinfo", {}).get("info_kind") == "tun":
                hosts.run(region, "ip", "-n", namespace, "link", "delete", link["ifname"])


def _make_bridges(hosts: Hosts, region: Region) -> None:
    # A value that is new each time: ovs-vsctl waits for the switch to do as the database says only if it changed
    # something there, and a switch that has just started may not have made the bridges' devices yet.
    asked = f"external_ids:lab-asked={uuid.uuid4()}"
    transaction = ["--", "set", "open", ".", f"external_ids:system-id={region.host}", asked]
    transaction += [*_bridge("br-int"), "--", "set", "bridge", "br-int", "fail-mode=secure"]
    for bridge, device in UPLINKS.items():
        transaction += [*_bridge(bridge), "--", "--may-exist", "add-port", bridge, device]
    hosts.run(region, "ovs-vsctl", "--timeout=20", *transaction)
    # A switch that has just started may make its devices anew while it settles, and the address goes with them.
    for _ in range(_SETTLING_LOOKS):
        _address_vtep(hosts, region)
        time.sleep(_SETTLING_SECONDS)


def _address_vtep(hosts: Hosts, region: Region) -> None:
    address = f"{region.vtep}/{UNDERLAY.prefixlen}"
    hosts.run(region, "ip", "address", "replace", address, "dev", "br-phy")
    hosts.run(region, "ip", "link", "set", "br-phy", "mtu", str(UNDERLAY_MTU), "up")


def _bridge(name: str) -> list[str]:
    return ["--", "--may-exist", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"]


def plug(hosts: Hosts, region: Region, device: str, external_ids: Mapping[str, str]) -> None:
    """Put a new device into the integration bridge, the way Nova's agent on the host does."""
    settings = [f'external_ids:{name}="{value}"' for name, value in external_ids.items()]
    add = ["--", "--may-exist", "add-port", "br-int", device]
    interface = ["--", "set", "interface", device, "type=internal", *settings]
    hosts.run(region, "ovs-vsctl", "--timeout=20", *add, *interface)


def unplug(hosts: Hosts, region: Region, device: str) -> None:
    hosts.run(region, "ovs-vsctl", "--timeout=20", "--if-exists", "del-port", "br-int", device)
