"""Regional routers: each region's part of a router, and what central reserves for it."""

import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc

from tricircle.db.neutron import addresses as addresses_db
from tricircle.db.neutron import router_ports, tombstones
from tricircle.db.neutron.device_owners import DEVICE_OWNER_GATEWAY
from tricircle.domain import routers
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routers import DesiredRouter, Interface, RegionalPorts, interface_of
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import View
from tricircle.network.central import freshness
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.bridges import Bridges
from tricircle.network.central.records import Records
from tricircle.network.central.reservations import Reservations
from tricircle.network.central.router_reader import RouterReader
from tricircle.network.central.speakers import pod_of
from tricircle.network.central.views import RegionalViews
from tricircle.plans import routers as planner

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Read:
    """What is desired, and what was read beside it."""

    desired: DesiredRouter
    reached: planner.Reach
    subnets: Mapping[str, Json]


class RegionalRouters:
    """Says which regions have a part of a router, and how each looks."""

    def __init__(
        self,
        plugin: Any,
        reader: RouterReader,
        records: Records,
        *,
        reservations: Reservations,
        addresses: RegionalAddresses,
        bridges: Bridges,
        views: RegionalViews,
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._reader = reader
        self._records = records
        self._reservations = reservations
        self._addresses = addresses
        self._bridges = bridges
        self._views = views

    def zones(self, router_id: str) -> list[str]:
        """Names of the availability zones of the regions that have a part of the router."""
        parts = self._records.parts(router_id)
        return sorted({pod.az_name for pod in self._records.pods() if pod.pod_id in parts and pod.az_name})

    def refusal(self, context: Any, router_id: str, network_id: str, subnet_ids: Collection[str] | None) -> str | None:
        """Why the router cannot be joined to the network, of which these subnets (None: all of them), or None."""
        admin = context.elevated()
        reason = self._reader.refusal(admin, router_id, network_id)
        if reason is not None:
            return reason
        project_id = self._reader.spanning_project(admin, router_id)
        if project_id is None:
            return None
        filters = {"network_id": [network_id]} if subnet_ids is None else {"id": sorted(subnet_ids)}
        subnets = self._plugin.get_subnets(admin, filters=filters)
        return self._bridges.refusal(admin, project_id, {subnet["cidr"] for subnet in subnets})

    def answer(self, context: Any, question: Json) -> Json:
        """As the extension ``tricircle-regional-router`` defines it.

        :raises UnknownRegion: no pod has the region.
        :raises NotItsRegion: the caller does not speak for it.
        :raises StaleRead: this server does not see yet what the answer must be as of.
        :raises RouterNotFound: it is neither here nor known to be deleted.
        """
        admin = context.elevated()
        router_id, region = question["router_id"], question["region_name"]
        pod = pod_of(context, self._records.pods(), region) if region else None
        freshness.require(admin, question["changes"])
        read = self._read(admin, router_id)
        if read is None and router_id not in tombstones.of(admin, [router_id]):
            raise l3_exc.RouterNotFound(router_id=router_id)
        if pod is None:
            return {**question, "regions": self._regions(router_id, read), "part": None}
        if question["settled"]:
            self._settle(admin, router_id, read, pod, removed=question["settled"] == routers.REMOVED)
            return {**question, "regions": [], "part": None}
        return {**question, "regions": [], "part": self._part(admin, router_id, read, pod)}

    def _read(self, admin: Any, router_id: str) -> _Read | None:
        found = self._reader.read(admin, router_id)
        if found is None:
            return None
        desired, subnets = found
        return _Read(desired, planner.reach(desired), subnets)

    # Which regions.

    def _regions(self, router_id: str, read: _Read | None) -> list[Json]:
        """Those that shall have a part, and those that have one."""
        names = {pod.pod_id: pod.region_name for pod in self._records.pods()}
        regions = {name: pod_id for pod_id, name in names.items()}
        concerned = {names[pod_id] for pod_id in self._records.parts(router_id) if pod_id in names}
        concerned |= set(read.reached.regions) if read else set()
        return [
            {
                "region_name": name,
                "pod_id": regions[name],
                "project_id": read.desired.project_id if read else "",
            }
            for name in sorted(concerned)
        ]

    # What a region shall have.

    def _part(self, admin: Any, router_id: str, read: _Read | None, pod: Pod) -> Json:
        """The part (``router`` None: there shall be none), with what the region lacks for it.

        ``release``: whether central waits to be told that it is done.
        """
        region = pod.region_name
        known = self._records.parts(router_id)
        bridged = (router_id, region) in router_ports.of_interfaces(admin, [router_id])
        interfaces: dict[str, Interface] = {}
        if read is not None and region in read.reached.interfaces:
            read, interfaces = self._regional_interfaces(admin, read, region)
        if read is None or region not in read.reached.interfaces:
            return {
                # Without a routing it is the part itself that is asked for, which was deleted before.
                "id": known.get(pod.pod_id, router_id),
                "router": None,
                "view": None,
                "release": pod.pod_id in known or bridged,
            }
        ports = self._reserve(admin, read, pod, interfaces)
        part = planner.part(read.desired, ports, region)
        return {
            "id": part.id,
            "router": routers.to_json(part),
            "view": self._view(admin, pod, part.network_ids),
            "release": bridged and not read.reached.is_bridged,
        }

    def _view(self, admin: Any, pod: Pod, network_ids: Collection[str]) -> View | None:
        """Of the networks that the region is not known to have: it would ask for them one request later."""
        present = self._records.pods_with(ResourceType.NETWORK, network_ids)
        missing = sorted(id_ for id_ in network_ids if pod.pod_id not in present.get(id_, ()))
        return self._views.of_networks(admin, pod.region_name, missing) if missing else None

    def _reserve(self, admin: Any, read: _Read, pod: Pod, interfaces: Mapping[str, Interface]) -> RegionalPorts:
        """What the part of one region takes: its own interfaces, and the bridge addresses of all."""
        desired, region = read.desired, pod.region_name
        regions = read.reached.regions if read.reached.is_bridged else []
        ports = self._bridges.ports(admin, desired.project_id, desired.id, regions)
        part_id = self._records.part(pod.pod_id, desired.id, desired.project_id)
        network_ids = sorted({port["network_id"] for port in ports.values()})
        found = self._plugin.get_subnets(admin, filters={"network_id": network_ids}) if ports else []
        subnets = {subnet["id"]: subnet for subnet in found}
        bridge = {name: interface_of(port, subnets) for name, port in ports.items()}
        standing = {(region, port_id): interface for port_id, interface in interfaces.items()}
        return RegionalPorts({region: part_id}, standing, bridge)

    def _regional_interfaces(self, admin: Any, read: _Read, region: str) -> tuple[_Read, dict[str, Interface]]:
        """The port of each of central's interfaces in the region; and what is desired as the region can have it.

        Where a subnet has no address left for the region, its part reaches the network as those of regions do in which
        the network is not: over the bridge.
        """
        here = read.reached.interfaces[region]
        found: dict[str, Interface] = {}
        for interface in (one for one in read.desired.interfaces if one.port_id in here):
            standing = self._regional_interface(admin, read, region, interface)
            if standing is not None:
                found[interface.port_id] = standing
        lacking = {one.network_id for one in read.desired.interfaces if one.port_id in here - found.keys()}
        if lacking:
            LOG.warning("Router %s cannot be joined to networks %s in %s", read.desired.id, sorted(lacking), region)
            presence = {
                network_id: regions - {region} if network_id in lacking else regions
                for network_id, regions in read.desired.presence.items()
            }
            desired = dataclasses.replace(read.desired, presence=presence)
            read = _Read(desired, planner.reach(desired), read.subnets)
        return read, found

    def _regional_interface(self, admin: Any, read: _Read, region: str, interface: Interface) -> Interface | None:
        """The port that stands for central's interface in the region; None if the subnet has no address for it."""
        try:
            return self._standing_for(admin, read, region, interface)
        except exceptions.IpAddressGenerationFailure:
            return None

    def _standing_for(self, admin: Any, read: _Read, region: str, interface: Interface) -> Interface | None:
        if all(read.subnets[fixed.subnet_id]["gateway_ip"] == fixed.ip_address for fixed in interface.fixed_ips):
            return self._gateway_interface(admin, read, region, interface)
        port_id = self._interface_port(admin, read, region, interface)
        if port_id == interface.port_id:
            return interface
        (port,) = self._plugin.get_ports(admin, filters={"id": [port_id]})
        return interface_of(port, read.subnets)

    def _gateway_interface(self, admin: Any, read: _Read, region: str, interface: Interface) -> Interface | None:
        """By the gateway addresses that the region has on the subnets: its copies of them show these."""
        subnets = [read.subnets[fixed.subnet_id] for fixed in interface.fixed_ips]
        ours = self._addresses.gateways(admin, region, subnets)
        if not all(ours.values()):
            return None
        fixed_ips = tuple(
            dataclasses.replace(fixed, ip_address=ours[fixed.subnet_id] or fixed.ip_address)
            for fixed in interface.fixed_ips
        )
        if fixed_ips == interface.fixed_ips:
            return interface
        rows = addresses_db.of_region(admin, region, [fixed.subnet_id for fixed in fixed_ips])
        port_ids = sorted(row.port_id for (_, purpose), row in rows.items() if purpose == "gateway" and row.port_id)
        (port, *_) = self._plugin.get_ports(admin, filters={"id": port_ids[:1]})
        return dataclasses.replace(interface, port_id=port["id"], mac_address=port["mac_address"], fixed_ips=fixed_ips)

    def _interface_port(self, admin: Any, read: _Read, region: str, interface: Interface) -> str:
        """The first region has central's own port, each further one a port reserved for it."""
        key = (interface.port_id, region)
        known = router_ports.of_interfaces(admin, [interface.port_id])
        if key in known:
            return known[key]
        if not known and router_ports.reserve(admin, interface.port_id, region, interface.port_id):
            return interface.port_id
        body = {
            "network_id": interface.network_id,
            "project_id": interface.project_id,
            "tenant_id": interface.project_id,
            "name": f"interface_{region}_{interface.port_id}",
            "device_id": read.desired.id,
            "device_owner": DEVICE_OWNER_GATEWAY,
            "fixed_ips": [{"subnet_id": fixed.subnet_id} for fixed in interface.fixed_ips],
        }
        self._reservations.create(
            admin, body, lambda context, port: router_ports.add(context, interface.port_id, region, port["id"])
        )
        # Whichever request was the one that made it.
        return router_ports.of_interfaces(admin, [interface.port_id])[key]

    # What is given back.

    def _settle(self, admin: Any, router_id: str, read: _Read | None, pod: Pod, *, removed: bool) -> None:
        """Give back what the region has no more.

        The router may have changed since the region was told: what has come is kept, and of what has gone in the
        meantime the region has not heard yet.
        """
        region = pod.region_name
        concerned = read is not None and region in read.reached.interfaces
        if not (concerned and read is not None and read.reached.is_bridged):
            self._bridges.release(admin, router_id, region)
        if removed and not concerned:
            self._set_tombstone(admin, router_id, pod)
            self._records.forget(ResourceType.ROUTER, [router_id], pod.pod_id)

    def _set_tombstone(self, admin: Any, router_id: str, pod: Pod) -> None:
        """Say that the part is deleted to a region that has it again, out of a backup of its database."""
        part_id = self._records.parts(router_id).get(pod.pod_id)
        if part_id is not None:
            with db_api.CONTEXT_WRITER.using(admin):
                tombstones.record(admin, ResourceType.ROUTER, part_id, "")

    def release_interface(self, admin: Any, interface_id: str, gateway_subnet_ids: Sequence[str]) -> None:
        """An interface is gone: so are the ports that stood for it in further regions.

        ``gateway_subnet_ids``: the subnets of which it was the gateway.
        """
        self._addresses.renew_gateways(admin, gateway_subnet_ids)
        # An IPv6 interface may have lost one address of several, and be there still.
        if self._plugin.get_ports(admin, filters={"id": [interface_id]}, fields=["id"]):
            return
        reserved = set(router_ports.of_interfaces(admin, [interface_id]).values()) - {interface_id}
        for port_id in reserved:
            self._plugin.delete_port(admin, port_id, l3_port_check=False)
