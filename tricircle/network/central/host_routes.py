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

from tricircle.domain.jsons import Json
from tricircle.domain.routers import Route

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Attachment:
    """A router's address on a subnet, and whether it is the subnet's gateway."""

    subnet_id: str
    cidr: str
    ip_address: str
    is_gateway: bool


def wanted(attachment: Attachment, attachments: Iterable[Attachment], present: Iterable[Route]) -> list[Route]:
    """The host routes of ``attachment``'s subnet: of those ``present`` everybody else's, and ours as they are now."""
    version = ipaddress.ip_network(attachment.cidr).version
    others = {other.cidr for other in attachments if other.subnet_id != attachment.subnet_id}
    ours = {Route(cidr, attachment.ip_address) for cidr in others if ipaddress.ip_network(cidr).version == version}
    foreign = {route for route in present if route.nexthop != attachment.ip_address}
    return sorted(foreign | (set() if attachment.is_gateway else ours))


class HostRoutes:
    """Keeps the host routes of routers' subnets."""

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin

    def attachments(self, admin: Any, router_id: str) -> set[Attachment]:
        """Where the router is joined to subnets."""
        filters = {"device_id": [router_id], "device_owner": [constants.DEVICE_OWNER_ROUTER_INTF]}
        ports = self._plugin.get_ports(admin, filters=filters)
        fixed_ips = [fixed for port in ports for fixed in port["fixed_ips"]]
        subnets = self._subnets(admin, {fixed["subnet_id"] for fixed in fixed_ips})
        return {_attachment(fixed, subnets[fixed["subnet_id"]]) for fixed in fixed_ips if fixed["subnet_id"] in subnets}

    def follow(self, admin: Any, router_id: str, before: set[Attachment]) -> None:
        """Bring the subnets' host routes to what the router is joined to now; ``before``: to what it was."""
        now = self.attachments(admin, router_id)
        if all(attachment.is_gateway for attachment in before | now):
            return
        gone = {attachment for attachment in before - now if not attachment.is_gateway}
        concerned = {attachment for attachment in now if not attachment.is_gateway} | gone
        subnets = self._subnets(admin, {attachment.subnet_id for attachment in concerned})
        for attachment in sorted(concerned):
            if attachment.subnet_id in subnets:
                self._set(admin, subnets[attachment.subnet_id], attachment, set() if attachment in gone else now)

    def _set(self, admin: Any, subnet: Json, attachment: Attachment, attachments: set[Attachment]) -> None:
        present = [Route(**route) for route in subnet["host_routes"]]
        routes = wanted(attachment, attachments, present)
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


def _attachment(fixed: Json, subnet: Json) -> Attachment:
    address = fixed["ip_address"]
    return Attachment(subnet["id"], subnet["cidr"], address, address == subnet["gateway_ip"])
