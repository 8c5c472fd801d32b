"""Host routes of subnets that a router joins by a port other than the gateway.

Such a router is not in the way of what an instance sends, so the instances must be told of it: each of these subnets
gets a route to every other subnet of the router. A route whose next hop is the router's address there is ours.
"""

import dataclasses
import ipaddress
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from neutron_lib import constants, exceptions

from tricircle.domain.routers import Route

LOG = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Joint:
    """A router's address on a subnet, and whether it is the subnet's gateway."""

    subnet_id: str
    cidr: str
    ip_address: str
    is_gateway: bool


def wanted(joint: Joint, joints: Iterable[Joint], present: Iterable[Route]) -> list[Route]:
    """The host routes of ``joint``'s subnet: of those ``present`` everybody else's, and ours as they are now."""
    version = ipaddress.ip_network(joint.cidr).version
    others = {other.cidr for other in joints if other.subnet_id != joint.subnet_id}
    ours = {Route(cidr, joint.ip_address) for cidr in others if ipaddress.ip_network(cidr).version == version}
    foreign = {route for route in present if route.nexthop != joint.ip_address}
    return sorted(foreign | (set() if joint.is_gateway else ours))


class HostRoutes:
    """Keeps the host routes of routers' subnets."""

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin

    def joints(self, admin: Any, router_id: str) -> set[Joint]:
        """Where the router is joined to subnets."""
        filters = {"device_id": [router_id], "device_owner": [constants.DEVICE_OWNER_ROUTER_INTF]}
        ports = self._plugin.get_ports(admin, filters=filters)
        fixed_ips = [fixed for port in ports for fixed in port["fixed_ips"]]
        subnets = self._subnets(admin, {fixed["subnet_id"] for fixed in fixed_ips})
        return {_joint(fixed, subnets[fixed["subnet_id"]]) for fixed in fixed_ips if fixed["subnet_id"] in subnets}

    def follow(self, admin: Any, router_id: str, before: set[Joint]) -> None:
        """Bring the subnets' host routes to what the router is joined to now; ``before``: to what it was."""
        now = self.joints(admin, router_id)
        if all(joint.is_gateway for joint in before | now):
            return
        gone = {joint for joint in before - now if not joint.is_gateway}
        concerned = {joint for joint in now if not joint.is_gateway} | gone
        subnets = self._subnets(admin, {joint.subnet_id for joint in concerned})
        for joint in sorted(concerned):
            if joint.subnet_id in subnets:
                self._set(admin, subnets[joint.subnet_id], joint, set() if joint in gone else now)

    def _set(self, admin: Any, subnet: Json, joint: Joint, joints: set[Joint]) -> None:
        present = [Route(**route) for route in subnet["host_routes"]]
        routes = wanted(joint, joints, present)
        if routes == sorted(present):
            return
        body = {"host_routes": [{"destination": r.destination, "nexthop": r.nexthop} for r in routes]}
        try:
            self._plugin.update_subnet(admin, subnet["id"], {"subnet": body})
        except exceptions.HostRoutesExhausted:
            LOG.warning("Subnet %s has no room for host routes to all of its router's subnets", subnet["id"])

    def _subnets(self, admin: Any, ids: Iterable[str]) -> Mapping[str, Json]:
        ids = sorted(ids)
        found = self._plugin.get_subnets(admin, filters={"id": ids}) if ids else []
        return {subnet["id"]: subnet for subnet in found}


def _joint(fixed: Json, subnet: Json) -> Joint:
    address = fixed["ip_address"]
    return Joint(subnet["id"], subnet["cidr"], address, address == subnet["gateway_ip"])
