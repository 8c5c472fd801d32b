"""A region's databases are made anew while its agents run: what tenants had stretched there comes back.

With the region that ``test_third_region`` has added, which nothing else of the lab's tests needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab.conftest import CACHE_DIR
from tests.lab.routers import Routers
from tests.lab.security import Groups
from tests.lab.test_third_region import have_pod
from tricircle_lab import mariadb, neutron, traffic
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region
from tricircle_lab.output import Reporter

pytestmark = [pytest.mark.timeout(900)]

MakeNetwork = Callable[..., dict[str, Any]]
# Seconds from the first boot there until everything works.
LIMIT = 300
PREFIX = "anew-"


@pytest.fixture
def grown(lab: Lab, command: Callable[..., int]) -> Lab:
    """The lab with its third region."""
    assert command("up", "--regions", "3") == 0
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    have_pod(grown, grown.region("RegionThree"))
    return grown


@pytest.fixture
def boot(grown: Lab, routers: Routers, groups: Groups) -> Iterator[Callable[..., Instance]]:
    """Boots instances in the lab with its third region; they are deleted after the test, before the networks."""

    def start(name: str, region: Region, network_id: str, group: str) -> Instance:
        request = BootRequest(PREFIX + name, region, network=network_id, security_groups=(group,))
        return grown.instances.boot(request)

    yield start
    for instance in grown.instances.all():
        if instance.name.startswith(PREFIX):
            grown.instances.delete(instance.name)


def test_what_was_stretched_works_within_five_minutes(
    grown: Lab,
    boot: Callable[..., Instance],
    make_network: MakeNetwork,
    routers: Routers,
    groups: Groups,
) -> None:
    one, three = grown.layout.regions[0], grown.region("RegionThree")
    group = groups.make()
    groups.allow(group, remote_group_id=group)
    groups.allow(group, protocol="tcp")
    stretched, behind = make_network(), make_network(availability_zone_hints=[one.name])
    with ThreadPoolExecutor() as pool:
        places = (("near", one, stretched), ("beyond", one, behind), ("old", three, stretched))
        booted = [pool.submit(boot, name, region, network["id"], group) for name, region, network in places]
    *others, old = [future.result() for future in booted]
    router_id = routers.create()
    routers.attach(router_id, stretched, behind)
    routers.gateways(router_id, "ext-net")
    floating = routers.floating_ip("ext-net", old.port_id)["floating_ip_address"]
    _works(grown, old, others, floating, time.monotonic() + LIMIT)

    agents = {name: process for name in _agents(three) if (process := grown.processes.main(name))}
    _make_database_anew(grown, three)
    # The first boot there: another instance; of the old one its owner has Nova start it anew.
    deadline = time.monotonic() + LIMIT
    new = boot("new", three, stretched["id"], group)
    _start_again(grown, old, three)
    for instance in (old, new):
        _works(grown, instance, others, floating if instance is old else None, deadline)
    assert {name: grown.processes.main(name) for name in agents} == agents


def _agents(region: Region) -> list[str]:
    binaries = ("neutron-openvswitch-agent", "neutron-dhcp-agent", "neutron-l3-agent")
    return [neutron.agent_service(region, binary) for binary in binaries]


def _make_database_anew(lab: Lab, region: Region) -> None:
    """Stop the region's servers, drop its database, and let ``up`` make and start what is missing."""
    servers = ("neutron-api", "neutron-rpc-server", "neutron-periodic-workers")
    lab.stop([f"{binary}@{region.name}" for binary in servers])
    mariadb.Databases(lab.layout, print).forget(region.database)
    lab.up(Reporter())


def _start_again(lab: Lab, instance: Instance, region: Region) -> None:
    """As Nova unshelves an instance: it binds the port that it knows of, and plugs it in."""
    lab.instances.guest(instance).unplug(instance.port_id)
    port = {
        "device_id": instance.id,
        "device_owner": "compute:nova",
        "binding:host_id": region.host,
        "binding:profile": {},
    }
    lab.clients.network(region, "nova", "service").put(f"/ports/{instance.port_id}", json={"port": port})
    lab.instances.restore(region)


def _works(lab: Lab, instance: Instance, others: list[Instance], floating: str | None, deadline: float) -> None:
    """Layer 2 and layer 3 both ways, the group of them all, and the way in from outside, before the deadline."""

    def patience() -> float:
        return max(deadline - time.monotonic(), 0)

    guest = lab.instances.guest(instance)
    for other in others:
        traffic.ping(guest, other.addresses[0], patience=patience())
        traffic.ping(lab.instances.guest(other), instance.addresses[0], patience=patience())
        traffic.transfer(guest, lab.instances.guest(other), other.addresses[0], size=1_000_000)
    if floating:
        traffic.fetch_from_outside(lab.layout, guest, floating, patience())
