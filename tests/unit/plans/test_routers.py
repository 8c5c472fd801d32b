"""The parts of a router, walked through by packets."""

import dataclasses
import ipaddress
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plans.router_worlds import Central, desired_routers
from tricircle.domain import routers as domain
from tricircle.plans import routers

FAR_AWAY = {4: "198.51.100.7", 6: "2001:db8:ffff::7"}


class Walker:
    """Hands a packet from part to part, as the kernels of their hosts would."""

    def __init__(self, desired, parts):
        self.desired, self.parts = desired, parts
        self.by_bridge_address = {
            fixed.ip_address: region
            for region, part in parts.items()
            for interface in part.interfaces
            if interface.network_id == "bridge"
            for fixed in interface.fixed_ips
        }

    def walk(self, region, address):
        """Where the packet ends ("network" id), and how many bridges it has crossed."""
        for bridges in range(len(self.parts) + 2):
            kind, value = self._lookup(region, address)
            if kind != "bridge":
                return value, bridges
            region = self.by_bridge_address[value]
        raise AssertionError(f"{address} goes round for ever")

    def _lookup(self, region, address):
        part, ip = self.parts[region], ipaddress.ip_address(address)
        choices = []
        outside: Any = part.gateway.interface if part.gateway else None
        for interface in [*part.interfaces, *([outside] if outside else [])]:
            choices += [(fixed.cidr, ("network", interface.network_id)) for fixed in interface.fixed_ips]
        choices += [(route.destination, self._by(part, route.nexthop)) for route in part.routes]
        for version in part.gateway.default_versions if outside else ():
            choices.append((routers.DEFAULT[version], ("network", outside.network_id)))
        fitting = [
            (ipaddress.ip_network(cidr).prefixlen, target)
            for cidr, target in choices
            if ip in ipaddress.ip_network(cidr)
        ]
        return max(fitting)[1] if fitting else ("nowhere", None)

    def _by(self, part, nexthop):
        """A next hop must be on one of the part's own networks, and not the part itself."""
        for interface in [*part.interfaces, *([part.gateway.interface] if part.gateway else [])]:
            for fixed in interface.fixed_ips:
                assert nexthop != fixed.ip_address
                if ipaddress.ip_address(nexthop) in ipaddress.ip_network(fixed.cidr):
                    return (
                        ("bridge", nexthop) if nexthop in self.by_bridge_address else ("network", interface.network_id)
                    )
        raise AssertionError(f"{nexthop} is out of reach")


def planned(desired):
    return routers.plan(desired, Central().reserve(desired))


@given(desired_routers())
def test_every_subnet_reaches_every_other_by_the_fewest_bridges(desired):
    parts = planned(desired)
    walker = Walker(desired, parts)
    for region in parts:
        for interface in desired.interfaces:
            there = desired.presence[interface.network_id]
            for fixed in interface.fixed_ips if there else ():
                assert walker.walk(region, fixed.ip_address) == (interface.network_id, 0 if region in there else 1)


@given(desired_routers())
def test_every_region_gets_out_where_there_is_a_way(desired):
    parts = planned(desired)
    walker = Walker(desired, parts)
    for version, address in FAR_AWAY.items():
        ways = [item for item in desired.gateways if version in item.gateway.default_versions]
        for region in parts:
            own = [item for item in ways if item.region_name == region]
            expected = (own or ways or [None])[0]
            arrived, bridges = walker.walk(region, address)
            assert arrived == (expected and expected.gateway.interface.network_id)
            assert bridges == (1 if expected and not own else 0)


@given(desired_routers())
def test_floating_ips_are_where_their_external_network_is(desired):
    parts = planned(desired)
    walker = Walker(desired, parts)
    for floating in desired.floating_ips:
        (region,) = [region for region, part in parts.items() if floating in part.floating_ips]
        assert parts[region].gateway.interface.network_id == floating.outside.network_id
        inside = next(interface for interface in desired.interfaces if _on(floating.fixed_ip_address, interface))
        if desired.presence[inside.network_id]:
            assert walker.walk(region, floating.fixed_ip_address)[0] == inside.network_id


def _on(address, interface):
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(fixed.cidr) for fixed in interface.fixed_ips)


@given(desired_routers())
def test_tenants_routes_lead_from_everywhere_to_their_next_hop(desired):
    parts = planned(desired)
    walker = Walker(desired, parts)
    for route in desired.routes:
        inside = next(interface for interface in desired.interfaces if _on(route.nexthop, interface))
        beyond = str(ipaddress.ip_network(route.destination)[5])
        for region in parts if desired.presence[inside.network_id] else ():
            assert walker.walk(region, beyond)[0] == inside.network_id


@given(desired_routers())
def test_routes_are_one_a_subnet_and_one_a_version_at_most(desired):
    subnets = {fixed.cidr for interface in desired.interfaces for fixed in interface.fixed_ips}
    for part in planned(desired).values():
        destinations = [route.destination for route in part.routes]
        ours = [name for name in destinations if name not in {route.destination for route in desired.routes}]
        assert len(ours) == len(set(ours))
        assert set(ours) <= subnets | set(routers.DEFAULT.values())


@given(desired_routers())
def test_a_region_alone_needs_no_bridge(desired):
    parts = planned(desired)
    bridged = [part for part in parts.values() if any(i.network_id == "bridge" for i in part.interfaces)]
    assert len(bridged) == (len(parts) if len(parts) > 1 else 0)


@given(desired_routers(), st.randoms())
def test_the_order_of_events_decides_nothing_but_who_has_which_address(desired, random):
    """Interfaces, first instances, gateway and floating IPs in any order: the same tables but for reserved ports."""
    steps: list[tuple[str, Any]] = [("interfaces", (item,)) for item in desired.interfaces]
    steps += [("presence", {name: regions}) for name, regions in desired.presence.items()]
    steps += [("gateways", desired.gateways), ("floating_ips", desired.floating_ips), ("routes", desired.routes)]
    random.shuffle(steps)
    grown, central = (
        dataclasses.replace(desired, interfaces=(), presence={}, gateways=(), floating_ips=(), routes=()),
        Central(),
    )
    for field, value in steps:
        before = getattr(grown, field)
        grown = dataclasses.replace(grown, **{field: before | value if field == "presence" else (*before, *value)})
        central.reserve(grown)
    ours, theirs = planned(desired), routers.plan(grown, central.reserve(grown))
    assert {name: _shape(part) for name, part in ours.items()} == {name: _shape(part) for name, part in theirs.items()}


def _shape(part):
    networks = sorted((i.network_id, tuple(fixed.subnet_id for fixed in i.fixed_ips)) for i in part.interfaces)
    return networks, part.routes, part.gateway, part.floating_ips


@given(desired_routers())
def test_a_part_survives_its_journey(desired):
    for part in planned(desired).values():
        assert domain.from_json(json.loads(json.dumps(domain.to_json(part)))) == part
