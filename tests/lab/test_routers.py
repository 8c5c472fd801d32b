"""Routers over regions: the manual's other topologies, orders of events, and what is left of them afterwards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tricircle_lab import commands, configuration, traffic
from tricircle_lab.guest import Guest
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import OUTSIDE, OUTSIDE_TOO, Region

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

Boot = Callable[[Region, str], Instance]
MakeNetwork = Callable[..., dict[str, Any]]

PATIENCE = 90


class Tenant:
    """A tenant at central's API by `openstack` commands, who removes at the end what was made."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._environment = configuration.client_environment(lab.layout, "admin", "demo")
        self._cleanup = ExitStack()

    def run(self, words: str) -> str:
        command = [commands.script("openstack"), "--os-region-name", "CentralRegion", *shlex.split(words)]
        return commands.run(command, env=self._environment)

    def make(self, words: str, undo: str) -> str:
        """Run a command; at the end, in the reverse order, its opposite."""
        said = self.run(words)
        self._cleanup.callback(self.run, undo)
        return said

    def router(self, name: str, options: str = "") -> None:
        self.make(f"router create {options} {name}", f"router delete {name}")

    def attach(self, router: str, subnet: str) -> None:
        self.make(f"router add subnet {router} {subnet}", f"router remove subnet {router} {subnet}")

    def attach_port(self, router: str, network: str, name: str) -> str:
        """Join a router by a port of its own; returns the port's address."""
        said = self.run(f"port create --network {network} -f value -c fixed_ips {name}")
        # The port goes with the interface.
        self.make(f"router add port {router} {name}", f"router remove port {router} {name}")
        return str(re.search(r"(\d+\.){3}\d+", said)[0])  # type: ignore[index]

    def gateway(self, router: str, network: str) -> None:
        self.make(f"router set --external-gateway {network} {router}", f"router unset --external-gateway {router}")

    def floating_ip(self, network: str, port_id: str = "") -> str:
        port = f"--port {port_id}" if port_id else ""
        address = self.run(f"floating ip create {port} -f value -c floating_ip_address {network}").strip()
        self._cleanup.callback(self.run, f"floating ip delete {address}")
        return address

    def close(self) -> None:
        self._cleanup.close()


@pytest.fixture
def tenant(lab: Lab) -> Iterator[Tenant]:
    tenant = Tenant(lab)
    yield tenant
    tenant.close()


@pytest.fixture
def second_way_out(lab: Lab, tenant: Tenant) -> str:
    """An external network of the first region; the walk has made that of the second, ext-net."""
    kind = "--external --provider-network-type flat --provider-physical-network bridge"
    hint = f"--availability-zone-hint {lab.layout.regions[0].name}"
    tenant.make(f"network create {kind} {hint} ext-too", "network delete ext-too")
    pool = "--allocation-pool start=198.51.100.10,end=198.51.100.200"
    tenant.run(
        f"subnet create --network ext-too --no-dhcp --subnet-range {OUTSIDE_TOO.network} --gateway {OUTSIDE_TOO.ip}"
        f" {pool} ext-too"
    )
    return "ext-too"


def hops(source: Guest, address: str) -> list[str]:
    """The addresses that answer on the way, the last one among them."""
    said = source.run("traceroute", "-n", "-I", "-q", "1", "-w", "1", "-m", "6", address)
    return [line.split()[1] for line in said.splitlines()[1:]]


def test_each_region_has_its_way_out_and_a_router_joins_them(
    lab: Lab, tenant: Tenant, make_network: MakeNetwork, boot: Boot, second_way_out: str
) -> None:
    one, two = lab.layout.regions[:2]
    networks = [make_network(availability_zone_hints=[region.name]) for region in (one, two)]
    names = [network["name"] for network in networks]
    for region, network, outside in ((one, names[0], second_way_out), (two, names[1], "ext-net")):
        router = f"local{region.index}"
        tenant.router(router, f"--availability-zone-hint {region.name}")
        tenant.attach(router, _subnet(lab, network))
        tenant.gateway(router, outside)
    tenant.router("across")
    joints = [tenant.attach_port("across", network, f"joint-{network}") for network in names]
    ends = [boot(region, network["id"]) for region, network in zip((one, two), networks, strict=True)]
    guests = [lab.instances.guest(end) for end in ends]
    for guest, outside in zip(guests, (OUTSIDE_TOO, OUTSIDE), strict=True):
        traffic.ping(guest, str(outside.ip), patience=PATIENCE)
        assert len(hops(guest, str(outside.ip))) == 2
    for source, target, joint in ((0, 1, joints[0]), (1, 0, joints[1])):
        traffic.ping(guests[source], ends[target].addresses[0], patience=PATIENCE)
        way = hops(guests[source], ends[target].addresses[0])
        assert way[0] == joint
        assert len(way) == 3
    for end, outside_network in zip(ends, (second_way_out, "ext-net"), strict=True):
        address = tenant.floating_ip(outside_network, end.port_id)
        traffic.fetch_from_outside(lab.layout, lab.instances.guest(end), address, PATIENCE)


def _subnet(lab: Lab, network: str) -> str:
    """Id of a network's one subnet."""
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    (found,) = central.get("/networks", params={"name": network}).json()["networks"]
    return str(found["subnets"][0])
