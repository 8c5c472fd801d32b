"""Bridge networks: one a project, made by central when a router of it first spans regions.

They belong to no project, as Neutron's own networks for HA routers do: tenants do not see them, and quotas do not count
them.
"""

import logging
import uuid
from collections.abc import Collection, Iterable
from typing import Any

import tenacity
from neutron_lib import constants, exceptions
from neutron_lib.api import attributes
from neutron_lib.api.definitions import provider_net
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.callbacks import exceptions as callback_exc
from neutron_lib.plugins import utils as plugin_utils
from oslo_config import cfg

from tricircle.db.neutron import router_ports
from tricircle.db.neutron.device_owners import DEVICE_OWNER_BRIDGE
from tricircle.domain import bridge_ranges
from tricircle.domain.jsons import Json
from tricircle.network import call_info
from tricircle.network.central.reservations import Reservations

LOG = logging.getLogger(__name__)

# Seconds for which an unused bridge network is left alone: whoever has made it needs it in a moment.
_YOUNG = 60


class NoBridgeLeft(exceptions.Conflict):
    """``bridge_cidr`` is used up, or what is left of it overlaps the project's own subnets (409)."""

    message = (
        "[client] bridge_cidr %(cidr)s has no /24 left for one more project's bridge network "
        "that overlaps none of the subnets of the project's routers"
    )


class _TakenError(exceptions.NeutronException):
    """Another request was faster."""

    message = "Bridge network %(number)s is taken"


class Bridges:
    """Bridge networks, and the ports on them that central reserves for the parts of routers."""

    def __init__(self, plugin: Any, reservations: Reservations, conf: cfg.ConfigOpts) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._reservations = reservations
        self._conf = conf
        registry.subscribe(self._claim, resources.NETWORK, events.PRECOMMIT_CREATE)

    def ports(self, admin: Any, project_id: str, router_id: str, regions: Iterable[str]) -> dict[str, Json]:
        """By region, the port on the project's bridge network of the router's part there, reserving what is missing.

        :raises NoBridgeLeft: there is no network for the project; nothing was made.
        """
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

    # What goes.

    def release(self, admin: Any, router_id: str, region: str) -> None:
        """Give a part's port back; the network goes with the last one."""
        port_id = router_ports.of_interfaces(admin, [router_id]).get((router_id, region))
        if port_id is None:
            return
        (port,) = self._plugin.get_ports(admin, filters={"id": [port_id]}, fields=["network_id"])
        self._plugin.delete_port(admin, port_id, l3_port_check=False)
        if port["network_id"] in router_ports.unused_bridges(admin):
            self._remove(admin, port["network_id"])

    def sweep(self, admin: Any) -> None:
        """Remove what a crash has left: bridge networks on which there is no port."""
        for network_id in router_ports.unused_bridges(admin, min_age=_YOUNG):
            self._remove(admin, network_id)

    def _remove(self, admin: Any, network_id: str) -> None:
        try:
            self._plugin.delete_network(admin, network_id)
        except exceptions.NetworkInUse:
            LOG.debug("Bridge network %s has come into use again", network_id)
        except exceptions.NetworkNotFound:
            LOG.debug("Bridge network %s has been removed by another request", network_id)

    # What comes.

    @tenacity.retry(
        # The network has gone, with what was the last port on it, in the middle.
        retry=tenacity.retry_if_exception_type(exceptions.NotFound),
        stop=tenacity.stop_after_attempt(3),
        reraise=True,
    )
    def _reserve(self, admin: Any, project_id: str, router_id: str, region: str) -> None:
        network_id, subnets = self._network(admin, project_id)
        body = {
            "network_id": network_id,
            "name": f"bridge_{region}_{router_id}",
            "device_id": router_id,
            "device_owner": DEVICE_OWNER_BRIDGE,
            "fixed_ips": [{"subnet_id": subnet["id"]} for subnet in subnets],
        }
        self._reservations.create(
            admin, body, lambda context, port: router_ports.add(context, router_id, region, port["id"])
        )

    @tenacity.retry(
        # Another request took the number, or made the network, in the middle.
        retry=tenacity.retry_if_exception_type(_TakenError),
        stop=tenacity.stop_after_attempt(10),
        wait=tenacity.wait_random(0, 0.1),
        reraise=True,
    )
    def _network(self, admin: Any, project_id: str) -> tuple[str, list[Json]]:
        """The project's network and its subnets; what is missing is made."""
        known = router_ports.bridge_of(admin, project_id)
        if known is None:
            number = self._free_number(admin, router_ports.cidrs_of_project(admin, project_id))
            known = self._create(admin, project_id, number), number
        return known[0], self._subnets(admin, *known)

    def _free_number(self, admin: Any, avoid: Collection[str]) -> int:
        """One that no project has, and that meets none of the CIDRs to ``avoid``.

        :raises NoBridgeLeft: there is none.
        """
        bridge_cidr = self._conf.client.bridge_cidr
        number = bridge_ranges.free_number(bridge_cidr, router_ports.bridge_numbers(admin), avoid)
        if number is None:
            raise NoBridgeLeft(cidr=bridge_cidr)
        return number

    def refusal(self, admin: Any, project_id: str, cidrs: Collection[str]) -> str | None:
        """Why subnets cannot be joined to a router of the project that may span regions, or None."""
        bridge_cidr, known = self._conf.client.bridge_cidr, router_ports.bridge_of(admin, project_id)
        if known is None:
            taken, theirs = router_ports.bridge_numbers(admin), router_ports.cidrs_of_project(admin, project_id)
            numbers = [bridge_ranges.free_number(bridge_cidr, taken, avoid) for avoid in (theirs, theirs | {*cidrs})]
            # Where none is left anyhow, the router may still serve one region.
            spoils = numbers[0] is not None and numbers[1] is None
            return str(NoBridgeLeft(cidr=bridge_cidr)) if spoils else None
        bridged = bridge_ranges.cidrs_of(bridge_cidr, known[1]) or {}
        met = bridge_ranges.overlapping(cidrs, bridged.values())
        return met and (
            f"subnet {met[0]} overlaps {met[1]} out of [client] bridge_cidr {bridge_cidr}, "
            "by which the project's routers reach from region to region"
        )

    def _create(self, admin: Any, project_id: str, number: int) -> str:
        body = {
            "name": f"bridge_network_{project_id}",
            "project_id": "",
            "tenant_id": "",
            "admin_state_up": True,
            "shared": False,
            **self._segment(),
        }
        try:
            with call_info.on(admin, bridge=(project_id, number)):
                return str(plugin_utils.create_network(self._plugin, admin, {"network": body})["id"])
        except callback_exc.CallbackFailure as failure:
            for error in failure.inner_exceptions:
                if isinstance(error, _TakenError):
                    raise error from failure
            raise

    def _claim(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """In the transaction that makes a bridge network, so that none is ever there and unknown."""
        claim = call_info.of(payload.context).bridge
        if claim is None:
            return
        project_id, number = claim
        if not router_ports.add_bridge(payload.context, project_id, payload.resource_id, number):
            raise _TakenError(number=number)

    def _subnets(self, admin: Any, network_id: str, number: int) -> list[Json]:
        """Those of a network that a crash has left half-made are made now."""
        cidrs = bridge_ranges.cidrs_of(self._conf.client.bridge_cidr, number)
        if cidrs is None:  # the option has been changed to a smaller range
            raise NoBridgeLeft(cidr=self._conf.client.bridge_cidr)
        missing = {4, 6} - {subnet["ip_version"] for subnet in self._subnets_of(admin, network_id)}
        for version in sorted(missing):
            self._create_subnet(admin, network_id, version, cidrs[version])
        found = self._subnets_of(admin, network_id)
        if {subnet["ip_version"] for subnet in found} != {4, 6}:
            raise _TakenError(number=number)
        return found

    def _subnets_of(self, admin: Any, network_id: str) -> list[Json]:
        found: list[Json] = self._plugin.get_subnets(
            admin, filters={"network_id": [network_id]}, fields=["id", "ip_version"]
        )
        return found

    def _create_subnet(self, admin: Any, network_id: str, version: int, cidr: str) -> None:
        subnet = {
            # Always the same, so that of two requests at once one fails.
            "id": str(uuid.uuid5(uuid.UUID(network_id), str(version))),
            "name": f"bridge_subnet_{cidr}",
            "network_id": network_id,
            "project_id": "",
            "tenant_id": "",
            "cidr": cidr,
            "ip_version": version,
            "enable_dhcp": False,
            "gateway_ip": None,
        }
        try:
            info = attributes.AttributeInfo(attributes.RESOURCES["subnets"])
            info.fill_post_defaults(subnet, check_allow_post=False)
            info.convert_values(subnet)
            self._plugin.create_subnet(admin, {"subnet": subnet})
        except exceptions.InvalidInput as error:
            LOG.debug("Subnet %s of bridge network %s is there already: %s", cidr, network_id, error)

    def _segment(self) -> Json:
        kind = self._conf.tricircle.bridge_network_type
        segment: Json = {provider_net.NETWORK_TYPE: kind}
        if kind == constants.TYPE_VLAN:
            # Every region must be on it: the first physical network named.
            ranges = self._conf.tricircle.network_vlan_ranges
            segment[provider_net.PHYSICAL_NETWORK] = ranges[0].split(":")[0] if ranges else None
        return segment
