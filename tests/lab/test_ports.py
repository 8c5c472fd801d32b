"""Ports of every origin on networks that span regions: reached from the other region, wherever they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab import waiting
from tricircle.domain.jsons import Json
from tricircle_lab import traffic
from tricircle_lab.guest import Guest
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[..., Instance]
MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60


def _ping_both_ways(first: Guest, first_address: str, second: Guest, second_address: str) -> None:
    traffic.ping(first, second_address, count=2, patience=PATIENCE)
    traffic.ping(second, first_address, count=2, patience=PATIENCE)


def test_a_port_made_at_central_is_used_in_one_region_and_then_in_another(
    lab: Lab, make_network: MakeNetwork, boot: Boot
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network()
    central = lab.clients.network(lab.layout.central, "demo", "demo")
    port = central.post("/ports", json={"port": {"network_id": network["id"], "name": "kept"}}).json()["port"]
    others = {region: boot(region, network["id"]) for region in (one, two)}
    # There and back: a region's agents must take the port again that they have had before.
    for here, there in ((one, two), (two, one), (one, two)):
        instance = boot(here, port=port["id"])
        assert (instance.mac, instance.addresses[0]) == (port["mac_address"], port["fixed_ips"][0]["ip_address"])
        other = others[there]
        _ping_both_ways(
            lab.instances.guest(instance), instance.addresses[0], lab.instances.guest(other), other.addresses[0]
        )
        lab.instances.delete(instance.name)
        waiting.until(lambda: _at_central(lab, port["id"])["status"], "DOWN")
        assert _at_central(lab, port["id"])["name"] == "kept"
    central.delete(f"/ports/{port['id']}")
    for region in (one, two):
        waiting.until(lambda where=region: _listed(lab, where, port["id"]), [])


def _at_central(lab: Lab, port_id: str) -> Json:
    found: Json = lab.clients.network(lab.layout.central).get(f"/ports/{port_id}").json()["port"]
    return found


def _listed(lab: Lab, region: Region, port_id: str) -> list[Json]:
    found: list[Json] = lab.clients.network(region).get("/ports", params={"id": port_id}).json()["ports"]
    return found


@pytest.fixture
def plug(lab: Lab) -> Iterator[Callable[[Region, Json], Guest]]:
    """Do by hand what others than Nova do: a device in the integration bridge for a bound port; gone after the test."""
    plugged: list[tuple[Guest, str]] = []

    def connect(region: Region, port: Json) -> Guest:
        client = lab.clients.network(region)
        guest = Guest(lab.hosts, region, f"plugged{len(plugged)}")
        plugged.append((guest, port["id"]))
        guest.plug(port["id"], port["mac_address"], port["device_id"])
        waiting.until(lambda: client.get(f"/ports/{port['id']}").json()["port"]["status"], "ACTIVE")
        subnets = client.get("/subnets", params={"network_id": port["network_id"]}).json()["subnets"]
        guest.configure(port["fixed_ips"], subnets, 1450)
        return guest

    yield connect
    for guest, port_id in plugged:
        guest.unplug(port_id)


def test_ports_of_other_services_are_reached_from_the_other_region(
    lab: Lab, make_network: MakeNetwork, boot: Boot, plug: Callable[[Region, Json], Guest]
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network()
    other = boot(two, network["id"])
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    local = lab.clients.network(one, "admin", "demo")
    # Octavia's health manager, by hand: made at central, bound in the region.
    manager = {"network_id": network["id"], "device_owner": "Octavia:health-mgr", "name": "listen-port"}
    health = central.post("/ports", json={"port": manager}).json()["port"]
    health = local.put(f"/ports/{health['id']}", json={"port": {"binding:host_id": one.host}}).json()["port"]
    # A container of Kuryr: made in the region, bound at once.
    container = {"network_id": network["id"], "device_owner": "compute:kuryr", "device_id": "container"}
    container_port = local.post("/ports", json={"port": {**container, "binding:host_id": one.host}}).json()["port"]
    for port, owner in ((health, "Octavia:health-mgr"), (container_port, "compute:kuryr")):
        guest = plug(one, port)
        address = port["fixed_ips"][0]["ip_address"]
        _ping_both_ways(guest, address, lab.instances.guest(other), other.addresses[0])
        waiting.until(lambda port_id=port["id"]: _at_central(lab, port_id)["status"], "ACTIVE")
        shown = _at_central(lab, port["id"])
        assert (shown["device_owner"], shown["binding:host_id"], shown["mac_address"]) == (
            owner,
            one.host,
            port["mac_address"],
        )
    # Deleted at either side: gone at both.
    central.delete(f"/ports/{container_port['id']}")
    local.delete(f"/ports/{health['id']}")
    for port in (health, container_port):
        for region in (lab.layout.central, one):
            waiting.until(lambda where=region, port_id=port["id"]: _listed(lab, where, port_id), [])
