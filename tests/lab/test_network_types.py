"""Networks of every type that may stretch, with IPv4 and IPv6: reached from the other region, and removed entirely."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains
from tests.lab.security import Groups
from tricircle_lab import traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[..., Instance]
MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60
IPV6 = (
    {"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},
    {"ipv6_address_mode": "dhcpv6-stateful", "ipv6_ra_mode": "dhcpv6-stateful"},
)
TYPES: dict[str, dict[str, Any]] = {
    "vxlan": {"provider:network_type": "vxlan"},
    "vlan": {"provider:network_type": "vlan", "provider:physical_network": "bridge"},
    "flat": {"provider:network_type": "flat", "provider:physical_network": "bridge"},
}


@pytest.mark.parametrize("network_type", TYPES)
def test_every_address_is_reached_from_the_other_region(
    lab: Lab, make_network: MakeNetwork, groups: Groups, boot: Boot, network_type: str
) -> None:
    regions = lab.layout.regions[:2]
    group = groups.make()
    groups.allow(group, remote_group_id=group)
    network = make_network(ipv6=IPV6, **TYPES[network_type])
    with ThreadPoolExecutor() as pool:
        instances = list(pool.map(lambda region: boot(region, network["id"], security_groups=(group,)), regions))
    for source, target in (instances, instances[::-1]):
        assert len(target.addresses) == 3, f"one IPv4 address, one that is computed, one by DHCPv6: {target}"
        for address in target.addresses:
            ends = lab.instances.guest(source), lab.instances.guest(target)
            traffic.ping(ends[0], address, patience=PATIENCE)
            traffic.transfer(*ends, address, size=1_000_000)
    assert all(remains.of_network(lab, region, network, instances) for region in regions)
    for instance in instances:
        lab.instances.delete(instance.name)
    remains.delete(lab, f"/networks/{network['id']}")
    remains.wait_gone(lab, regions, network, instances)
