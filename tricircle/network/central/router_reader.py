"""What central wants of a router, read from Neutron's own tables and from where networks are present."""

import dataclasses
import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from neutron.objects import router as l3_obj
from neutron_lib import constants
from neutron_lib.api.definitions import availability_zone as az_def
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc

from tricircle.domain import placement, routers
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routers import DesiredGateway, DesiredRouter, FloatingIp, Gateway, interface_of
from tricircle.domain.routings import ResourceType
from tricircle.network import neutron_internals
from tricircle.network.central.records import Records
from tricircle.network.central.view_search import placed_of

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class RouterContext:
    """What stands around a router: its ports, with their networks and subnets, and the pods in which it may live."""

    router: Json
    ports: tuple[Json, ...]
    networks: Mapping[str, Json]
    subnets: Mapping[str, Json]
    pods: tuple[Pod, ...]

    def owned(self, device_owner: str) -> list[Json]:
        """The router's ports of one kind."""
        return [port for port in self.ports if port["device_owner"] == device_owner]

    @property
    def allowed(self) -> frozenset[str]:
        """Names of the regions in which the router may live."""
        return placement.allowed_regions(placement.Placed(hints=tuple(self.router[az_def.AZ_HINTS])), self.pods, "")


class RouterReader:
    """Reads what is desired, each router with a constant number of queries."""

    def __init__(self, plugin: Any, l3_plugin: Any, records: Records, default_external_region: str) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._l3 = l3_plugin
        self._records = records
        self._default_external_region = default_external_region

    def read(self, admin: Any, router_id: str) -> tuple[DesiredRouter, Mapping[str, Json]] | None:
        """What is desired, and the subnets of the router's networks by id; None where the router is gone."""
        router = self._router(admin, router_id)
        if router is None:
            return None
        router_context = self._context_of(admin, router)
        desired = DesiredRouter(
            id=router_id,
            project_id=router["project_id"],
            admin_state_up=router["admin_state_up"],
            distributed=router["distributed"],
            ha=router["ha"],
            interfaces=tuple(
                interface_of(port, router_context.subnets)
                for port in router_context.owned(constants.DEVICE_OWNER_ROUTER_INTF)
            ),
            presence=self._presence(router_context),
            gateways=tuple(self._gateways(router_context)),
            floating_ips=tuple(self._floating_ips(admin, router_context)),
            routes=tuple(routers.Route(**route) for route in router["routes"]),
        )
        return desired, router_context.subnets

    def _router(self, admin: Any, router_id: str) -> Json | None:
        try:
            with db_api.CONTEXT_READER.using(admin):
                row, router = neutron_internals.read_router(self._l3, admin, router_id)
                return {**router, "gw_port_id": row.gw_port_id, "enable_snat": row.enable_snat}
        except l3_exc.RouterNotFound:
            return None

    def _context_of(self, admin: Any, router: Json) -> RouterContext:
        owners = [constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW]
        ports = self._plugin.get_ports(admin, filters={"device_id": [router["id"]], "device_owner": owners})
        network_ids = sorted({port["network_id"] for port in ports})
        networks = self._plugin.get_networks(admin, filters={"id": network_ids}) if ports else []
        subnets = self._plugin.get_subnets(admin, filters={"network_id": network_ids}) if ports else []
        return RouterContext(
            router=router,
            ports=tuple(sorted(ports, key=lambda port: port["id"])),
            networks={network["id"]: network for network in networks},
            subnets={subnet["id"]: subnet for subnet in subnets},
            pods=tuple(self._records.pods()),
        )

    def _presence(self, router_context: RouterContext) -> dict[str, frozenset[str]]:
        network_ids = {port["network_id"] for port in router_context.owned(constants.DEVICE_OWNER_ROUTER_INTF)}
        names = {pod.pod_id: pod.region_name for pod in router_context.pods}
        there = self._records.pods_with(ResourceType.NETWORK, network_ids) if network_ids else {}
        allowed = router_context.allowed
        return {
            network_id: frozenset(names[pod_id] for pod_id in pod_ids if names.get(pod_id) in allowed)
            for network_id, pod_ids in there.items()
        }

    def _gateways(self, router_context: RouterContext) -> Iterator[DesiredGateway]:
        """The gateways that may be served, the router's first one first."""
        first = router_context.router["gw_port_id"]
        allowed = router_context.allowed
        for port in sorted(
            router_context.owned(constants.DEVICE_OWNER_ROUTER_GW), key=lambda port: port["id"] != first
        ):
            regions = self._regions_of(router_context.networks[port["network_id"]], router_context.pods) & allowed
            if not regions:
                network_id = port["network_id"]
                LOG.warning("Router %s may not live where its external network %s is", port["device_id"], network_id)
                continue
            subnets = [router_context.subnets[fixed["subnet_id"]] for fixed in port["fixed_ips"]]
            leading_on = frozenset(subnet["ip_version"] for subnet in subnets if subnet["gateway_ip"])
            snat = bool(router_context.router["enable_snat"])
            yield DesiredGateway(min(regions), Gateway(interface_of(port, router_context.subnets), snat, leading_on))

    def _regions_of(self, network: Json, pods: Collection[Pod]) -> frozenset[str]:
        return placement.allowed_regions(placed_of(network), pods, self._default_external_region)

    def _floating_ips(self, admin: Any, router_context: RouterContext) -> Iterator[FloatingIp]:
        found = l3_obj.FloatingIP.get_objects(admin, router_id=router_context.router["id"])
        ids = [item.floating_port_id for item in found]
        ports = {port["id"]: port for port in self._plugin.get_ports(admin, filters={"id": ids})} if ids else {}
        for item in found:
            port = ports.get(item.floating_port_id)
            if port is None or not item.fixed_ip_address or port["network_id"] not in router_context.networks:
                continue
            yield FloatingIp(
                id=item.id,
                project_id=item.project_id,
                outside=interface_of(port, router_context.subnets),
                fixed_ip_address=str(item.fixed_ip_address),
                fixed_port_id=item.fixed_port_id or "",
            )

    def spanning_project(self, admin: Any, router_id: str) -> str | None:
        """The project of a router that may span regions; None of one that may live in a single region."""
        router = self._router(admin, router_id)
        placed = placement.Placed(hints=tuple(router[az_def.AZ_HINTS]) if router else ())
        if router is None or placement.is_local(placed, self._records.pods()):
            return None
        return str(router["project_id"] or "")

    def refusal(self, admin: Any, router_id: str, network_id: str) -> str | None:
        """Why the router cannot be joined to the network, or None: there is a region in which both may live."""
        router = self._router(admin, router_id)
        hints = tuple(router[az_def.AZ_HINTS]) if router else ()
        if not hints:
            return None
        pods = self._records.pods()
        theirs = self._regions_of(self._plugin.get_network(admin, network_id), pods)
        ours = placement.allowed_regions(placement.Placed(hints=hints), pods, "")
        if ours & theirs:
            return None
        return f"Router {router_id} may live in {sorted(ours)} only, and network {network_id} in {sorted(theirs)}"
