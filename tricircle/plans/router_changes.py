"""From what a region's part of a router is to what it should be: a list of small changes, in an order Neutron takes.

Pure. ``tricircle.network.local.routers`` reads the one, gets the other from central, and applies the list.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Iterable

from tricircle.domain.routers import FloatingIp, Gateway, Interface, RegionalRouter, Route


def describe(change: "Change") -> str:
    """A change in a line of a log: ``add interface 4f… 10.0.0.1 on network 7c…``."""
    words = re.sub("(?<!^)(?=[A-Z])", " ", type(change).__name__).lower()
    details = [_told(getattr(change, part.name), part.name) for part in dataclasses.fields(change)]
    return " ".join([words, *details])


def _told(value: object, name: str) -> str:
    if isinstance(value, RegionalRouter):
        return f"{value.id} of {value.name}"
    if isinstance(value, Interface):
        addresses = " ".join(fixed.ip_address for fixed in value.fixed_ips)
        return f"{value.port_id} {addresses} on network {value.network_id}"
    if isinstance(value, Gateway):
        return _told(value.interface, name) + ("" if value.enable_snat else ", without SNAT")
    if isinstance(value, FloatingIp):
        return f"{_told(value.outside, name)} to {value.fixed_ip_address}"
    if isinstance(value, frozenset):
        return ", ".join(f"{route.destination} via {route.nexthop}" for route in sorted(value)) or "none"
    return "none" if value is None else f"{name}={value}"


@dataclasses.dataclass(frozen=True, slots=True)
class CreateRouter:
    """Make the router, as yet joined to nothing."""

    router: RegionalRouter


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateRouter:
    """Set what the router is by itself."""

    name: str
    admin_state_up: bool


@dataclasses.dataclass(frozen=True, slots=True)
class SetKind:
    """Make it a router of another kind, while it is down."""

    distributed: bool
    ha: bool


@dataclasses.dataclass(frozen=True, slots=True)
class DeleteRouter:
    """It is joined to nothing any more."""


@dataclasses.dataclass(frozen=True, slots=True)
class RemoveFloatingIp:
    """Delete the region's floating IP; central keeps its own."""

    floating_ip: FloatingIp


@dataclasses.dataclass(frozen=True, slots=True)
class AddFloatingIp:
    """Create a floating IP, associated from the start."""

    floating_ip: FloatingIp


@dataclasses.dataclass(frozen=True, slots=True)
class RemoveInterface:
    """Remove the interface, and its port with it."""

    interface: Interface


@dataclasses.dataclass(frozen=True, slots=True)
class MoveInterface:
    """Give the interface's port the addresses that it has now."""

    interface: Interface


@dataclasses.dataclass(frozen=True, slots=True)
class AddInterface:
    """Create the port, and join the router to it."""

    interface: Interface


@dataclasses.dataclass(frozen=True, slots=True)
class SetGateway:
    """Set the external gateway, or clear it."""

    gateway: Gateway | None


@dataclasses.dataclass(frozen=True, slots=True)
class SetRoutes:
    """The routes as a whole."""

    routes: frozenset[Route]


Change = (
    CreateRouter
    | UpdateRouter
    | SetKind
    | DeleteRouter
    | RemoveFloatingIp
    | AddFloatingIp
    | RemoveInterface
    | MoveInterface
    | AddInterface
    | SetGateway
    | SetRoutes
)


def changes(desired: RegionalRouter | None, observed: RegionalRouter | None) -> list[Change]:
    """What to do, in this order, so that what is ``observed`` becomes the ``desired``; None stands for no router.

    Neutron refuses to take away what is in use: floating IPs go before the gateway, routes before the interface or the
    gateway on which their next hop is. And what comes may overlap with what goes: that goes first. A router becomes
    another kind while it is down; made anew, its ports would come back by the same ids, and agents ignore such.
    """
    if desired is None:
        return [] if observed is None else [*_between(_empty(observed), observed), DeleteRouter()]
    if observed is None or observed.id != desired.id:
        gone = changes(None, observed)
        return [*gone, CreateRouter(desired), *_between(desired, _empty(desired))]
    return _between(desired, observed)


def _empty(router: RegionalRouter) -> RegionalRouter:
    return RegionalRouter(
        id=router.id,
        name=router.name,
        project_id=router.project_id,
        admin_state_up=router.admin_state_up,
        distributed=router.distributed,
        ha=router.ha,
    )


def _itself(desired: RegionalRouter, observed: RegionalRouter) -> list[Change]:
    """What the router is by itself, whatever it is joined to."""
    result: list[Change] = []
    name, admin_state_up = observed.name, observed.admin_state_up
    if (desired.distributed, desired.ha) != (observed.distributed, observed.ha):
        if admin_state_up:
            name, admin_state_up = desired.name, False
            result.append(UpdateRouter(name, admin_state_up))
        result.append(SetKind(desired.distributed, desired.ha))
    if (desired.name, desired.admin_state_up) != (name, admin_state_up):
        result.append(UpdateRouter(desired.name, desired.admin_state_up))
    return result


def _between(desired: RegionalRouter, observed: RegionalRouter) -> list[Change]:
    result = _itself(desired, observed)
    removed, gateway_changes = observed.interfaces - desired.interfaces, desired.gateway != observed.gateway
    result += [RemoveFloatingIp(floating) for floating in sorted(_leaving(desired, observed))]
    leaving = [*removed, *([observed.gateway.interface] if observed.gateway and _moves(desired, observed) else [])]
    kept = frozenset(route for route in observed.routes if not _on_any(route.nexthop, leaving))
    if kept != observed.routes:
        kept &= desired.routes
        result.append(SetRoutes(kept))
    added = desired.interfaces - observed.interfaces
    # By network too, and by MAC: such a port is another one.
    staying = {_port(interface) for interface in removed} & {_port(interface) for interface in added}
    result += [RemoveInterface(interface) for interface in sorted(removed) if _port(interface) not in staying]
    if gateway_changes:
        result.append(SetGateway(desired.gateway))
    result += [MoveInterface(interface) for interface in sorted(added) if _port(interface) in staying]
    result += [AddInterface(interface) for interface in sorted(added) if _port(interface) not in staying]
    if kept != desired.routes:
        result.append(SetRoutes(desired.routes))
    arriving = desired.floating_ips - (observed.floating_ips - _leaving(desired, observed))
    return [*result, *(AddFloatingIp(floating) for floating in sorted(arriving))]


def _port(interface: Interface) -> tuple[str, str, str]:
    return interface.port_id, interface.network_id, interface.mac_address


def _leaving(desired: RegionalRouter, observed: RegionalRouter) -> frozenset[FloatingIp]:
    """The floating IPs to delete: all of them where the gateway itself goes."""
    return observed.floating_ips if _moves(desired, observed) else observed.floating_ips - desired.floating_ips


def _moves(desired: RegionalRouter, observed: RegionalRouter) -> bool:
    """Whether the gateway's port goes, not only changes whether it translates addresses."""
    return (desired.gateway and desired.gateway.interface) != (observed.gateway and observed.gateway.interface)


def _on_any(address: str, interfaces: Iterable[Interface]) -> bool:
    ip = ipaddress.ip_address(address)
    return any(ip in ipaddress.ip_network(fixed.cidr) for interface in interfaces for fixed in interface.fixed_ips)
