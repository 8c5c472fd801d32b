"""Routers across regions: which regions have a part of a router, and what each part looks like.

Pure. Central reads it, reserves what ``reach`` says is needed (``tricircle.network.central.routers``); what
``plan`` then says of a region is carried out there, by the changes of ``router_changes``.
"""

import dataclasses
import ipaddress
from collections.abc import Mapping

from tricircle.domain.routers import (
    DesiredGateway,
    DesiredRouter,
    Gateway,
    Interface,
    RegionalPorts,
    RegionalRouter,
    Route,
)

DEFAULT = {4: "0.0.0.0/0", 6: "::/0"}


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """What each region reaches by itself.

    ``interfaces``: by region, the port ids of central's interfaces whose networks are there (none, in a region that has
    a gateway only). ``gateways``: by region, its own gateway.
    """

    interfaces: Mapping[str, frozenset[str]]
    gateways: Mapping[str, DesiredGateway]

    @property
    def regions(self) -> list[str]:
        """The regions that have a part of the router."""
        return sorted(self.interfaces)

    @property
    def is_bridged(self) -> bool:
        """Whether the parts need a bridge network."""
        return len(self.interfaces) > 1


def reach(desired: DesiredRouter) -> Reach:
    """Which regions have a part, and what it is joined to.

    A region has one where one of the router's networks is present, and where its gateway is.
    """
    interfaces: dict[str, set[str]] = {gateway.region_name: set() for gateway in desired.gateways}
    for interface in desired.interfaces:
        for region in desired.presence.get(interface.network_id, ()):
            interfaces.setdefault(region, set()).add(interface.port_id)
    gateways: dict[str, DesiredGateway] = {}
    for gateway in desired.gateways:
        gateways.setdefault(gateway.region_name, gateway)
    return Reach({region: frozenset(port_ids) for region, port_ids in interfaces.items()}, gateways)


def plan(desired: DesiredRouter, ports: RegionalPorts) -> dict[str, RegionalRouter]:
    """Each region's part of the router, by region name.

    :raises KeyError: ``ports`` lacks what ``reach`` asks for.
    """
    return {region: part(desired, ports, region) for region in reach(desired).regions}


def part(desired: DesiredRouter, ports: RegionalPorts, region: str) -> RegionalRouter:
    """One region's part of the router.

    :raises KeyError: the region has none, or ``ports`` lacks what it takes.
    """
    reached = reach(desired)
    interfaces = {ports.interfaces[region, port_id] for port_id in reached.interfaces[region]}
    if reached.is_bridged:
        interfaces.add(ports.bridge[region])
    gateway = reached.gateways[region].gateway if region in reached.gateways else None
    return RegionalRouter(
        id=ports.router_ids[region],
        name=desired.id,
        project_id=desired.project_id,
        admin_state_up=desired.admin_state_up,
        distributed=desired.distributed,
        ha=desired.ha,
        interfaces=frozenset(interfaces),
        routes=_Routes(desired, reached, ports, region, _addresses(interfaces, gateway)).all(),
        gateway=gateway,
        floating_ips=frozenset(
            floating
            for floating in desired.floating_ips
            if gateway is not None and floating.outside.network_id == gateway.interface.network_id
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Routes:
    """The routes of one region's part. ``own``: the part's addresses, which are nobody's next hop there."""

    desired: DesiredRouter
    reached: Reach
    ports: RegionalPorts
    region: str
    own: frozenset[str]

    def all(self) -> frozenset[Route]:
        """The tenant's routes go before ours to the same destination."""
        tenants = self._tenants()
        taken = {route.destination for route in tenants}
        ours = {*self._to_other_regions(), *self._ways_out()}
        return frozenset(tenants | {route for route in ours if route.destination not in taken})

    def _to_other_regions(self) -> list[Route]:
        """One route for each subnet that the region does not reach by itself, however many ports it has."""
        routes = []
        for interface in self.desired.interfaces:
            if interface.port_id in self.reached.interfaces[self.region]:
                continue
            for fixed in interface.fixed_ips:
                nexthop = self._over_bridge(self._home(interface), fixed.version)
                if nexthop:
                    routes.append(Route(fixed.cidr, nexthop))
        return routes

    def _ways_out(self) -> list[Route]:
        """Default routes over the bridge, in the IP versions in which the region has no way out of its own."""
        own = self.reached.gateways.get(self.region)
        lacking = {4, 6} - (own.gateway.default_versions if own else frozenset())
        routes = []
        for version in sorted(lacking):
            for other in self.desired.gateways:
                nexthop = self._over_bridge(other.region_name, version)
                if nexthop and version in other.gateway.default_versions and other.region_name != self.region:
                    routes.append(Route(DEFAULT[version], nexthop))
                    break
        return routes

    def _tenants(self) -> set[Route]:
        routes = set()
        for route in self.desired.routes:
            nexthop = self._carried(route.nexthop)
            if nexthop and nexthop not in self.own:
                routes.add(Route(route.destination, nexthop))
        return routes

    def _carried(self, nexthop: str) -> str | None:
        """A next hop of the tenant's as this region reaches it: itself, or the bridge to a region that has it."""
        for gateway in self.desired.gateways:
            if _on(nexthop, gateway.gateway.interface):
                here = self.reached.gateways.get(self.region) == gateway
                version = ipaddress.ip_address(nexthop).version
                return nexthop if here else self._over_bridge(gateway.region_name, version)
        for interface in self.desired.interfaces:
            if _on(nexthop, interface):
                here = interface.port_id in self.reached.interfaces[self.region]
                version = ipaddress.ip_address(nexthop).version
                return nexthop if here else self._over_bridge(self._home(interface), version)
        return None

    def _home(self, interface: Interface) -> str | None:
        """The region to which others send what is for a network: always the same of those that have it."""
        return min(self.desired.presence.get(interface.network_id, ()), default=None)

    def _over_bridge(self, region: str | None, version: int) -> str | None:
        if region is None or region not in self.ports.bridge:
            return None
        return self.ports.bridge[region].address(version)


def _on(address: str, interface: Interface) -> bool:
    ip = ipaddress.ip_address(address)
    return any(ip in ipaddress.ip_network(fixed.cidr) for fixed in interface.fixed_ips)


def _addresses(interfaces: set[Interface], gateway: Gateway | None) -> frozenset[str]:
    everything = [*interfaces, *([gateway.interface] if gateway else [])]
    return frozenset(fixed.ip_address for interface in everything for fixed in interface.fixed_ips)
