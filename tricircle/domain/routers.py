"""Routers: what a tenant wants of one, and what each region's part of it looks like.

Addresses and CIDRs are strings as Neutron writes them; a CIDR is normalised (``10.0.1.0/24``).
"""

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Any

from tricircle.domain.jsons import Json

# What a region has carried out, as central is told of it: a part without a bridge, or none at all.
UNBRIDGED = "unbridged"
REMOVED = "removed"


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class FixedIp:
    """An address of a port on a subnet, and the subnet's CIDR."""

    subnet_id: str
    ip_address: str
    cidr: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return ipaddress.ip_address(self.ip_address).version


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Interface:
    """A port by which a router is joined to a network."""

    port_id: str
    network_id: str
    mac_address: str
    fixed_ips: tuple[FixedIp, ...]
    project_id: str = ""

    def address(self, version: int) -> str | None:
        """Its first address of an IP version."""
        return next((fixed.ip_address for fixed in self.fixed_ips if fixed.version == version), None)


def interface_of(port: Mapping[str, Any], subnets: Mapping[str, Mapping[str, Any]]) -> Interface:
    """A port as Neutron shows it; ``subnets`` by id, those of the port's addresses among them."""
    return Interface(
        port_id=port["id"],
        network_id=port["network_id"],
        mac_address=port["mac_address"],
        fixed_ips=tuple(
            FixedIp(fixed["subnet_id"], fixed["ip_address"], subnets[fixed["subnet_id"]]["cidr"])
            for fixed in port["fixed_ips"]
        ),
        project_id=port["project_id"] or "",
    )


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Route:
    """``nexthop`` is the address to which what goes to ``destination`` (a CIDR) is handed."""

    destination: str
    nexthop: str


@dataclasses.dataclass(frozen=True, slots=True)
class Gateway:
    """A way out: the router's port on an external network.

    ``default_versions``: the IP versions in which the external network leads on, that is, whose subnets have a gateway.
    """

    interface: Interface
    enable_snat: bool
    default_versions: frozenset[int] = dataclasses.field(default=frozenset({4}), compare=False)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class FloatingIp:
    """``outside`` is the floating IP's own port on the external network.

    ``fixed_port_id`` may be a port of another region.
    """

    id: str
    project_id: str
    outside: Interface
    fixed_ip_address: str
    fixed_port_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class RegionalRouter:
    """One region's part of a router, as it is or as it should be."""

    id: str
    name: str
    project_id: str
    admin_state_up: bool = True
    distributed: bool = False
    ha: bool = False
    interfaces: frozenset[Interface] = frozenset()
    routes: frozenset[Route] = frozenset()
    gateway: Gateway | None = None
    floating_ips: frozenset[FloatingIp] = frozenset()

    @property
    def network_ids(self) -> frozenset[str]:
        """The networks that it needs in its region."""
        outside = {self.gateway.interface.network_id} if self.gateway else set()
        return frozenset({interface.network_id for interface in self.interfaces} | outside)


@dataclasses.dataclass(frozen=True, slots=True)
class DesiredGateway:
    """A gateway of a central router, and the region of its external network."""

    region_name: str
    gateway: Gateway


@dataclasses.dataclass(frozen=True, slots=True)
class DesiredRouter:
    """A central router with all that decides how its regions' parts look.

    ``interfaces`` are central's own; ``presence`` says by network id in which regions the network is (a network that is
    nowhere may be left out); ``gateways`` are in order of preference; ``routes`` are the tenant's.
    """

    id: str
    project_id: str
    admin_state_up: bool = True
    distributed: bool = False
    ha: bool = False
    interfaces: tuple[Interface, ...] = ()
    presence: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    gateways: tuple[DesiredGateway, ...] = ()
    floating_ips: tuple[FloatingIp, ...] = ()
    routes: tuple[Route, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class RegionalPorts:
    """What central has reserved for the parts of a router.

    ``router_ids``: the id of each region's part. ``interfaces``: by region and central's interface (port id), the port
    that takes its place there. ``bridge``: each region's port on the bridge network; empty where there is none.
    """

    router_ids: Mapping[str, str]
    interfaces: Mapping[tuple[str, str], Interface]
    bridge: Mapping[str, Interface] = dataclasses.field(default_factory=dict)


def to_json(router: RegionalRouter) -> Json:
    """A regional router as it travels between central and a region."""
    body = {
        "id": router.id,
        "name": router.name,
        "project_id": router.project_id,
        "admin_state_up": router.admin_state_up,
        "distributed": router.distributed,
        "ha": router.ha,
        "interfaces": [dataclasses.asdict(item) for item in sorted(router.interfaces)],
        "routes": [dataclasses.asdict(item) for item in sorted(router.routes)],
        "gateway": None,
        "floating_ips": [dataclasses.asdict(item) for item in sorted(router.floating_ips)],
    }
    if router.gateway is not None:
        versions = sorted(router.gateway.default_versions)
        body["gateway"] = {**dataclasses.asdict(router.gateway), "default_versions": versions}
    return body


def from_json(body: Mapping[str, Any]) -> RegionalRouter:
    """What ``to_json`` made.

    :raises KeyError, TypeError: it is something else.
    """
    gateway = body["gateway"]
    return RegionalRouter(
        id=body["id"],
        name=body["name"],
        project_id=body["project_id"],
        admin_state_up=body["admin_state_up"],
        distributed=body["distributed"],
        ha=body["ha"],
        interfaces=frozenset(_interface(item) for item in body["interfaces"]),
        routes=frozenset(Route(**item) for item in body["routes"]),
        gateway=gateway
        and Gateway(_interface(gateway["interface"]), gateway["enable_snat"], frozenset(gateway["default_versions"])),
        floating_ips=frozenset(
            FloatingIp(**item | {"outside": _interface(item["outside"])}) for item in body["floating_ips"]
        ),
    )


def _interface(body: Mapping[str, Any]) -> Interface:
    return Interface(**{**body, "fixed_ips": tuple(FixedIp(**item) for item in body["fixed_ips"])})
