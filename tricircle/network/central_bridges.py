"""Bridge networks: one a project, made by central when a router of it first spans regions.

They belong to no project, as Neutron's own networks for HA routers do: tenants do not see them, and quotas do not count
them.
"""

import ipaddress
import logging
from collections.abc import Iterable
from typing import Any

import tenacity
from neutron_lib import constants, exceptions
from neutron_lib.api.definitions import provider_net
from neutron_lib.plugins import utils as plugin_utils
from oslo_config import cfg

from tricircle.db.neutron import router_ports
from tricircle.network.central_owners import DEVICE_OWNER_BRIDGE

LOG = logging.getLogger(__name__)

Json = dict[str, Any]

IPV4_PREFIX = 24
# Bridge networks' IPv6 addresses: a range of unique local addresses of our own, a /64 for each number.
IPV6_RANGE = ipaddress.IPv6Network("fd74:7269:6369::/48")


class NoBridgeLeft(exceptions.Conflict):
    """``bridge_cidr`` is used up (409)."""

    message = "[client] bridge_cidr %(cidr)s has no /24 left for one more project's bridge network"


def subnets_of(bridge_cidr: str, number: int) -> tuple[str, str] | None:
    """The IPv4 and IPv6 CIDR of the bridge network of that number; None beyond the end of ``bridge_cidr``."""
    whole = ipaddress.IPv4Network(bridge_cidr)
    first = int(whole.network_address) + (number << (32 - IPV4_PREFIX))
    if first > int(whole.broadcast_address) or number >= 1 << 16:
        return None
    second = int(IPV6_RANGE.network_address) + (number << 64)
    return str(ipaddress.IPv4Network((first, IPV4_PREFIX))), str(ipaddress.IPv6Network((second, 64)))


class Bridges:
    """Bridge networks, and the ports on them that central reserves for the parts of routers."""

    def __init__(self, plugin: Any, conf: cfg.ConfigOpts) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._conf = conf

    def ports(self, admin: Any, project_id: str, router_id: str, regions: Iterable[str]) -> dict[str, Json]:
        """By region, the port on the project's bridge network of the router's part there, reserving what is missing."""
        regions = list(regions)
        if not regions:
            return {}
        known = router_ports.of_interfaces(admin, [router_id])
        for region in regions:
            if (router_id, region) not in known:
                self._reserve(admin, project_id, router_id, region)
        known = router_ports.of_interfaces(admin, [router_id])
        by_id = {known[router_id, region]: region for region in regions}
        found = self._plugin.get_ports(admin, filters={"id": list(by_id)})
        return {by_id[port["id"]]: port for port in found}

    def release(self, admin: Any, router_id: str, region: str) -> None:
        """Give a part's port back; the network goes with the last one."""
        port_id = router_ports.of_interfaces(admin, [router_id]).get((router_id, region))
        if port_id is None:
            return
        (port,) = self._plugin.get_ports(admin, filters={"id": [port_id]}, fields=["network_id"])
        self._plugin.delete_port(admin, port_id, l3_port_check=False)
        network_id = port["network_id"]
        if self._plugin.get_ports(admin, filters={"network_id": [network_id]}, fields=["id"]):
            return
        try:
            self._plugin.delete_network(admin, network_id)
        except exceptions.NetworkInUse:
            LOG.debug("Bridge network %s has come into use again", network_id)

    def _reserve(self, admin: Any, project_id: str, router_id: str, region: str) -> None:
        network_id = self._network(admin, project_id)
        subnets = self._plugin.get_subnets(admin, filters={"network_id": [network_id]}, fields=["id"])
        body = {
            "network_id": network_id,
            "project_id": "",
            "tenant_id": "",
            "name": f"bridge_{region}_{router_id}",
            "device_id": router_id,
            "device_owner": DEVICE_OWNER_BRIDGE,
            "admin_state_up": True,
            "fixed_ips": [{"subnet_id": subnet["id"]} for subnet in subnets],
        }
        port = plugin_utils.create_port(self._plugin, admin, {"port": body})
        if not router_ports.reserve(admin, router_id, region, port["id"]):
            # Another request was faster: its reservation stands.
            self._plugin.delete_port(admin, port["id"], l3_port_check=False)

    @tenacity.retry(
        retry=tenacity.retry_if_result(lambda network_id: network_id is None),
        stop=tenacity.stop_after_attempt(10),
        wait=tenacity.wait_random(0, 0.1),
    )
    def _network(self, admin: Any, project_id: str) -> str | None:
        """None where another request took the number, or made the network, in the middle: to be tried again."""
        known = router_ports.bridge_of(admin, project_id)
        if known:
            return known
        taken = router_ports.bridge_numbers(admin)
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        cidrs = subnets_of(self._conf.client.bridge_cidr, number)
        if cidrs is None:
            raise NoBridgeLeft(cidr=self._conf.client.bridge_cidr)
        network_id = self._create(admin, project_id, cidrs)
        if router_ports.add_bridge(admin, project_id, network_id, number):
            return network_id
        self._plugin.delete_network(admin, network_id)
        return None

    def _create(self, admin: Any, project_id: str, cidrs: Iterable[str]) -> str:
        body = {
            "name": f"bridge_network_{project_id}",
            "project_id": "",
            "tenant_id": "",
            "admin_state_up": True,
            "shared": False,
            **self._segment(),
        }
        network = plugin_utils.create_network(self._plugin, admin, {"network": body})
        for cidr in cidrs:
            subnet = {
                "name": f"bridge_subnet_{cidr}",
                "network_id": network["id"],
                "project_id": "",
                "tenant_id": "",
                "cidr": cidr,
                "ip_version": ipaddress.ip_network(cidr).version,
                "enable_dhcp": False,
                "gateway_ip": None,
            }
            plugin_utils.create_subnet(self._plugin, admin, {"subnet": subnet})
        return str(network["id"])

    def _segment(self) -> Json:
        kind = self._conf.tricircle.bridge_network_type
        segment: Json = {provider_net.NETWORK_TYPE: kind}
        if kind == constants.TYPE_VLAN:
            # Every region must be on it: the first physical network named.
            ranges = self._conf.tricircle.network_vlan_ranges
            segment[provider_net.PHYSICAL_NETWORK] = ranges[0].split(":")[0] if ranges else None
        return segment
