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


def changes(wish: RegionalRouter | None, seen: RegionalRouter | None) -> list[Change]:
    """What to do, in this order, so that what is ``seen`` becomes the ``wish``; None stands for no router.

    Neutron refuses to take away what is in use: floating IPs go before the gateway, routes before the interface or the
    gateway on which their next hop is. And what comes may overlap with what goes: that goes first. A router becomes
    another kind while it is down; made anew, its ports would come back by the same ids, and agents ignore such.
    """
    if wish is None:
        return [] if seen is None else [*_between(_empty(seen), seen), DeleteRouter()]
    if seen is None or seen.id != wish.id:
        gone = changes(None, seen)
        return [*gone, CreateRouter(wish), *_between(wish, _empty(wish))]
    return _between(wish, seen)


def _empty(router: RegionalRouter) -> RegionalRouter:
    return RegionalRouter(
        id=router.id,
        name=router.name,
        project_id=router.project_id,
        admin_state_up=router.admin_state_up,
        distributed=router.distributed,
        ha=router.ha,
    )


def _itself(wish: RegionalRouter, seen: RegionalRouter) -> list[Change]:
    """What the router is by itself, whatever it is joined to."""
    result: list[Change] = []
    name, admin_state_up = seen.name, seen.admin_state_up
    if (wish.distributed, wish.ha) != (seen.distributed, seen.ha):
        if admin_state_up:
            name, admin_state_up = wish.name, False
            result.append(UpdateRouter(name, admin_state_up))
        result.append(SetKind(wish.distributed, wish.ha))
    if (wish.name, wish.admin_state_up) != (name, admin_state_up):
        result.append(UpdateRouter(wish.name, wish.admin_state_up))
    return result


def _between(wish: RegionalRouter, seen: RegionalRouter) -> list[Change]:
    result = _itself(wish, seen)
    removed, gateway_changes = seen.interfaces - wish.interfaces, wish.gateway != seen.gateway
    result += [RemoveFloatingIp(floating) for floating in sorted(_leaving(wish, seen))]
    leaving = [*removed, *([seen.gateway.interface] if seen.gateway and _moves(wish, seen) else [])]
    kept = frozenset(route for route in seen.routes if not _on_any(route.nexthop, leaving))
    if kept != seen.routes:
        kept &= wish.routes
        result.append(SetRoutes(kept))
    added = wish.interfaces - seen.interfaces
    # By network too, and by MAC: such a port is another one.
    staying = {_port(interface) for interface in removed} & {_port(interface) for interface in added}
    result += [RemoveInterface(interface) for interface in sorted(removed) if _port(interface) not in staying]
    if gateway_changes:
        result.append(SetGateway(wish.gateway))
    result += [MoveInterface(interface) for interface in sorted(added) if _port(interface) in staying]
    result += [AddInterface(interface) for interface in sorted(added) if _port(interface) not in staying]
    if kept != wish.routes:
        result.append(SetRoutes(wish.routes))
    arriving = wish.floating_ips - (seen.floating_ips - _leaving(wish, seen))
    return [*result, *(AddFloatingIp(floating) for floating in sorted(arriving))]


def _port(interface: Interface) -> tuple[str, str, str]:
    return interface.port_id, interface.network_id, interface.mac_address


def _leaving(wish: RegionalRouter, seen: RegionalRouter) -> frozenset[FloatingIp]:
    """The floating IPs to delete: all of them where the gateway itself goes."""
    return seen.floating_ips if _moves(wish, seen) else seen.floating_ips - wish.floating_ips


def _moves(wish: RegionalRouter, seen: RegionalRouter) -> bool:
    """Whether the gateway's port goes, not only changes whether it translates addresses."""
    return (wish.gateway and wish.gateway.interface) != (seen.gateway and seen.gateway.interface)


def _on_any(address: str, interfaces: Iterable[Interface]) -> bool:
    ip = ipaddress.ip_address(address)
    return any(ip in ipaddress.ip_network(fixed.cidr) for interface in interfaces for fixed in interface.fixed_ips)
