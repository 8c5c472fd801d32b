"""Instances of one network in two regions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains, waiting
from tricircle_lab import neutron, openvswitch, traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[[Region, str], Instance]
MakeNetwork = Callable[..., dict[str, Any]]
# Also enough for a lost message: a region repeats them every minute.
PATIENCE = 150


def _programmed(lab: Lab, region: Region, *words: str) -> list[str]:
    """The flows of the region's tunnel bridge that name something."""
    return remains.naming(remains.flows(lab, region, ["br-tun"]), words)


def test_a_removed_endpoint_is_undone(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    one, two = lab.layout.regions
    network = make_network()
    here, there = boot(one, network["id"]), boot(two, network["id"])
    traffic.ping(lab.instances.guest(here), there.addresses[0], patience=PATIENCE)
    # An endpoint that was told earlier, the region's DHCP port, has opened the tunnel: pings are flooded into it.
    waiting.until(lambda: bool(_programmed(lab, one, there.mac)), True, PATIENCE)
    lab.instances.delete(there.name)
    waiting.until(lambda: _programmed(lab, one, there.mac, there.addresses[0]), [], PATIENCE)
    assert traffic.is_unreachable(lab.instances.guest(here), there.addresses[0], patience=5)


def test_the_region_own_server_answers_dhcp(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    network = make_network()
    instances = [boot(region, network["id"]) for region in lab.layout.regions]
    first, second = (lab.instances.guest(instance) for instance in instances)
    traffic.ping(first, instances[1].addresses[0], patience=PATIENCE)
    for region, instance, guest in zip(lab.layout.regions, instances, (first, second), strict=True):
        query = {"network_id": network["id"], "device_owner": "network:dhcp"}
        ports = lab.clients.network(region).get("/ports", params=query).json()["ports"]
        own = {fixed["ip_address"] for port in ports for fixed in port["fixed_ips"]}
        listen = "timeout 8 tcpdump -lnqp -i eth0 udp src port 67 2>/dev/null & sleep 1; "
        ask = "busybox udhcpc -i eth0 -f -n -q -t 5 -T 1 -s /bin/true >/dev/null 2>&1; wait; true"
        heard = guest.run("sh", "-c", listen + ask)
        servers = {line.split()[2].rpartition(".")[0] for line in heard.splitlines() if " IP " in line}
        assert servers, f"{instance.name} heard no server: {heard}"
        assert servers <= own, f"{instance.name} heard {servers}; {region.name} has {own}"


@pytest.mark.parametrize("service", ["agent", "switch"])
def test_a_port_plugged_after_a_restart_reaches_the_other_region(
    lab: Lab, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]], service: str
) -> None:
    one, two = lab.layout.regions
    network = make_network()
    here, there = boot(one, network["id"]), boot(two, network["id"])
    traffic.ping(lab.instances.guest(here), there.addresses[0], patience=PATIENCE)
    agent = neutron.agent_service(one, "neutron-openvswitch-agent")
    lab.stop([agent if service == "agent" else openvswitch.switch_service(one)])
    heal()
    late = boot(one, network["id"])
    for instance in (late, here):
        traffic.ping(lab.instances.guest(instance), there.addresses[0], patience=PATIENCE)
        traffic.ping(lab.instances.guest(there), instance.addresses[0], patience=PATIENCE)


def test_an_agent_that_was_away_closes_the_tunnel_to_a_host_that_is_gone(
    lab: Lab, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]]
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network()
    with ThreadPoolExecutor() as pool:
        here, there = pool.map(lambda region: boot(region, network["id"]), (one, two))
    traffic.ping(lab.instances.guest(here), there.addresses[0], patience=PATIENCE)
    lab.stop([neutron.agent_service(one, "neutron-openvswitch-agent")])
    lab.instances.delete(there.name)
    table = lab.clients.network(one, "tricircle", "service")
    path = f"/remote-endpoints/{network['id']}"
    waiting.until(lambda: table.get(path).json()["remote_endpoint"]["endpoints"], [], PATIENCE)
    assert _flooded(lab, one, network), "an agent that is away changes nothing"
    heal()
    waiting.until(lambda: (_flooded(lab, one, network), _programmed(lab, one, there.mac)), ([], []), PATIENCE)


def _flooded(lab: Lab, region: Region, network: dict[str, Any]) -> list[str]:
    """The flows by which the network's broadcasts go into tunnels."""
    flows = _programmed(lab, region, *remains.segment(network))
    return [flow for flow in flows if "output:" in flow and "dl_dst" not in flow]
