"""Routers over several regions, drawn by chance: wishes, what central reserves for them, and the order of events."""

import dataclasses

from hypothesis import strategies as st

from tricircle.domain.routers import (
    DesiredGateway,
    DesiredRouter,
    FixedIp,
    FloatingIp,
    Gateway,
    Interface,
    RegionalPorts,
    Route,
)
from tricircle.plans import routers

REGIONS = [f"Region{number}" for number in range(1, 7)]
PROJECT = "project"


def cidr_of(number, version):
    return f"10.0.{number}.0/24" if version == 4 else f"fd00:0:0:{number:x}::/64"


def address_of(number, version, host):
    return f"10.0.{number}.{host}" if version == 4 else f"fd00:0:0:{number:x}::{host:x}"


def port(name, network, numbered, host):
    """A port with one address for each (subnet number, version)."""
    fixed_ips = tuple(
        FixedIp(f"subnet-{number}-{version}", address_of(number, version, host), cidr_of(number, version))
        for number, version in numbered
    )
    return Interface(name, network, f"mac-{name}", fixed_ips, PROJECT)


VERSIONS = st.sampled_from([(4,), (6,), (4, 6)])


@st.composite
def desired_routers(draw, max_networks=6):
    regions = REGIONS[: draw(st.integers(1, 6))]
    interfaces, presence = [], {}
    for number in range(1, draw(st.integers(0, max_networks)) + 1):
        network = f"network-{number}"
        presence[network] = draw(st.frozensets(st.sampled_from(regions), max_size=3))
        interfaces += [port(f"port-{number}-{version}", network, [(number, version)], 1) for version in draw(VERSIONS)]
    gateways = []
    for number, region in enumerate(draw(st.lists(st.sampled_from(regions), unique=True, max_size=3)), 200):
        versions = draw(VERSIONS)
        outside = port(f"gateway-{number}", f"external-{number}", [(number, version) for version in versions], 9)
        gateways.append(DesiredGateway(region, Gateway(outside, draw(st.booleans()), frozenset(versions))))
    desired = DesiredRouter(
        id="router",
        project_id=PROJECT,
        admin_state_up=draw(st.booleans()),
        distributed=draw(st.booleans()),
        ha=draw(st.booleans()),
        interfaces=tuple(interfaces),
        presence=presence,
        gateways=tuple(gateways),
    )
    return dataclasses.replace(desired, floating_ips=draw(floating_ips(desired)), routes=draw(routes(desired)))


def floating_ips(desired):
    """Floating IPs for hosts on the router's IPv4 subnets."""
    inside = [fixed for interface in desired.interfaces for fixed in interface.fixed_ips if fixed.version == 4]
    outside = [item.gateway.interface for item in desired.gateways if item.gateway.interface.address(4)]
    if not inside or not outside:
        return st.just(())
    return st.dictionaries(
        st.integers(20, 25), st.tuples(st.sampled_from(inside), st.sampled_from(outside)), max_size=4
    ).map(lambda drawn: tuple(_floating(host, *ends) for host, ends in drawn.items()))


def _floating(host, inside, outside):
    number = int(outside.network_id.removeprefix("external-"))
    return FloatingIp(
        id=f"floating-{host}",
        project_id=PROJECT,
        outside=port(f"floating-port-{host}", outside.network_id, [(number, 4)], host),
        fixed_ip_address=inside.ip_address.rsplit(".", 1)[0] + f".{host}",
        fixed_port_id=f"instance-{host}",
    )


def routes(desired):
    """Routes of the tenant's, by hosts on the router's subnets."""
    inside = [fixed for interface in desired.interfaces for fixed in interface.fixed_ips]
    if not inside:
        return st.just(())
    return st.dictionaries(st.integers(1, 3), st.sampled_from(inside), max_size=2).map(
        lambda drawn: tuple(_route(number, fixed) for number, fixed in drawn.items())
    )


def _route(number, fixed):
    if fixed.version == 4:
        return Route(f"192.168.{number}.0/24", fixed.ip_address.rsplit(".", 1)[0] + ".77")
    return Route(f"2001:db8:0:{number}::/64", fixed.ip_address.rsplit("::", 1)[0] + "::77")


class Central:
    """What central reserves: a region keeps what it has got, and the first one of an interface gets the interface."""

    def __init__(self):
        self.taken = {}
        self.bridge = {}

    def reserve(self, desired):
        reached = routers.reach(desired)
        for region in reached.regions:
            for port_id in sorted(reached.interfaces[region]):
                self._take(desired, region, port_id)
            if reached.is_bridged and region not in self.bridge:
                number = REGIONS.index(region) + 11
                self.bridge[region] = port(f"bridge-{region}", "bridge", [(255, 4), (255, 6)], number)
        ids = {region: f"router-{region}" for region in REGIONS}
        return RegionalPorts(ids, dict(self.taken), dict(self.bridge) if reached.is_bridged else {})

    def _take(self, desired, region, port_id):
        if (region, port_id) in self.taken:
            return
        ours = next(interface for interface in desired.interfaces if interface.port_id == port_id)
        if not any(known == port_id for _, known in self.taken):
            self.taken[region, port_id] = ours
            return
        number, version = (int(word) for word in port_id.removeprefix("port-").split("-"))
        host = REGIONS.index(region) + 100
        self.taken[region, port_id] = port(f"{port_id}-{region}", ours.network_id, [(number, version)], host)
