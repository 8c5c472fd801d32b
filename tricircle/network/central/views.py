"""Regional views: what a region needs to have objects, put together by central Neutron in one answer."""

import dataclasses
import functools
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import availability_zone as az_def
from neutron_lib.api.definitions import external_net, multiprovidernet, provider_net
from neutron_lib.api.definitions import network as network_def
from neutron_lib.api.definitions import port as port_def
from neutron_lib.api.definitions import subnet as subnet_def

from tricircle.db.neutron import locations
from tricircle.domain import addresses as pools
from tricircle.domain import placement
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.network.central import access, quotas, security_groups
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.records import Records, pod_of
from tricircle.network.extensions import regional_view
from tricircle.network.owners import CENTRALS_OWN
from tricircle.reconcile import remote_endpoints

LOG = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclasses.dataclass
class _Found:
    """What the caller may see of what the region asks for."""

    networks: list[Json] = dataclasses.field(default_factory=list)
    subnets: list[Json] = dataclasses.field(default_factory=list)
    ports: list[Json] = dataclasses.field(default_factory=list)
    group_ids: set[str] = dataclasses.field(default_factory=set)
    refused: list[Json] = dataclasses.field(default_factory=list)


class RegionalViews:
    """Answers regions' questions. What it answers it also records, so that later changes reach the region."""

    def __init__(
        self, plugin: Any, records: Records, reservations: RegionalAddresses, default_external_region: str
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        self._addresses = reservations
        self._default_external_region = default_external_region

    def build(self, context: Any, wish: Json) -> Json:
        """A view for ``wish`` (``region_name`` and the ids asked for).

        As the extension ``tricircle-regional-view`` defines it.

        What the caller may not see, or what does not exist, is left out; what may not live in the region is in
        ``refused`` with the reason.

        :raises UnknownRegion: no pod has that region.
        """
        pods = self._records.pods()
        pod = pod_of(pods, wish["region_name"])
        admin = context.elevated()
        found = self._find(context, wish)
        self._keep_allowed(found, pods, pod)
        network_ids = [network["id"] for network in found.networks]
        found.subnets = self._plugin.get_subnets(admin, filters={"network_id": network_ids}) if network_ids else []
        self._record_found(admin, found, pod)
        for subnet in found.subnets:
            subnet["enable_dhcp"] = subnet["enable_dhcp"] and pools.has_room_for_dhcp(subnet["cidr"])
        subnets = self._regional_subnets(admin, pod, found)
        dhcp_ports = self._addresses.dhcp_ports(admin, pod.region_name, found.subnets)
        self._records.record(pod, _routings(ResourceType.PORT, dhcp_ports))
        found.ports += dhcp_ports
        groups = self._groups(
            context,
            pod,
            found.group_ids | _groups_of(found.ports),
            self._projects(context, wish, found),
            wish["address_group_ids"],
        )
        # Members are read when the groups' presence is recorded: who joins a group from now on is told to the region.
        groups = security_groups.with_members(admin, groups, pod.region_name)
        sharing = access.entries(admin, ResourceType.NETWORK, [network["id"] for network in found.networks])
        # So are endpoints: whose port comes up from now on, this region is told of by a job.
        endpoints = remote_endpoints_of(admin, [n["id"] for n in found.networks if _has_tunnels(n)], pod.region_name)
        return {
            **wish,
            "networks": [
                {
                    **self._regional_network(network, pod),
                    "rbac_policies": sharing[network["id"]],
                    "remote_endpoints": endpoints.get(network["id"], []),
                }
                for network in found.networks
            ],
            "subnets": subnets,
            "ports": [_regional(port, port_def.RESOURCE_ATTRIBUTE_MAP["ports"], PORT_EXTRAS) for port in found.ports],
            "security_groups": groups.security_groups,
            "address_groups": groups.address_groups,
            "quotas": quotas.of_caller(context, wish["quota_project_ids"]),
            "refused": found.refused,
        }

    def of_networks(self, context: Any, region_name: str, network_ids: Sequence[str]) -> Json:
        """A view for these networks alone; errors as ``build``."""
        return self.build(context, regional_view.wish(region_name, network_ids=list(network_ids)))

    def _find(self, context: Any, wish: Json) -> _Found:
        """What the caller sees of the wish, with the caller's own eyes."""
        group_ids = security_groups.visible(self._plugin, context, wish["security_group_ids"])
        group_ids |= security_groups.alike(self._plugin, context, wish["security_groups_like"])
        found = _Found(group_ids=group_ids)
        network_ids = set(wish["network_ids"])
        if wish["subnet_ids"]:
            subnets = self._plugin.get_subnets(context, filters={"id": wish["subnet_ids"]})
            network_ids |= {subnet["network_id"] for subnet in subnets}
        if wish["port_ids"]:
            seen = self._plugin.get_ports(context, filters={"id": wish["port_ids"]})
            # A router's ports come to a region with its part of the router only.
            found.ports = [port for port in seen if port["device_owner"] not in CENTRALS_OWN]
        seen = self._plugin.get_networks(context, filters={"id": sorted(network_ids)}) if network_ids else []
        # Whoever has a port may use it, though the network be another project's.
        missing = {port["network_id"] for port in found.ports} - {network["id"] for network in seen}
        if missing:
            seen += self._plugin.get_networks(context.elevated(), filters={"id": sorted(missing)})
        found.networks = seen
        if seen and not context.is_admin:  # provider attributes are an administrator's to see, and the region's
            ids = [network["id"] for network in seen]
            found.networks = self._plugin.get_networks(context.elevated(), filters={"id": ids})
        return found

    def _keep_allowed(self, found: _Found, pods: Sequence[Pod], pod: Pod) -> None:
        """Leave out, with the reason, the networks that may not live in the region, and their ports."""
        kept = []
        for network in found.networks:
            reason = self._refusal(network, pods, pod)
            if reason is None:
                kept.append(network)
            else:
                LOG.info("Network %s is not for region %s: %s", network["id"], pod.region_name, reason)
                found.refused.append({"id": network["id"], "reason": reason})
        found.networks = kept
        ids = {network["id"] for network in kept}
        found.ports = [port for port in found.ports if port["network_id"] in ids]

    def _refusal(self, network: Json, pods: Sequence[Pod], pod: Pod) -> str | None:
        if network.get(multiprovidernet.SEGMENTS):
            return "it has several segments, and nothing says which is the region's"
        placed = placed_of(network)
        allowed = placement.allowed_regions(placed, pods, self._default_external_region)
        if pod.region_name not in allowed:
            return f"its availability zone hints {list(placed.hints)} allow {sorted(allowed)}"
        if placed.network_type == "local":
            elsewhere = self._records.pods_with(ResourceType.NETWORK, [network["id"]]).get(network["id"], set())
            if elsewhere - {pod.pod_id}:
                return "it is of type local, and another region has it already"
        return None

    def _record_found(self, admin: Any, found: _Found, pod: Pod) -> None:
        """Note that the region has, or is about to have, what was found. What is new there is read again after that.

        So nothing is missed: a change is either in what is answered, or is told to a region that is known to need it.
        And a region that crashes half-way is still told of every later change.
        """
        jobs: dict[str, list[JobRequest]] = {}
        # Routers come to where their networks are.
        for network_id, router_id, project_id in self._routers(admin, found.networks):
            job = JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": router_id}, project_id)
            jobs.setdefault(network_id, []).append(job)
        objects = _routings(ResourceType.NETWORK, found.networks) + _routings(ResourceType.SUBNET, found.subnets)
        new = self._records.record(pod, objects + _routings(ResourceType.PORT, found.ports), jobs)
        if new:
            self._read_again(admin, found)
            left = {resource["id"] for resource in (*found.networks, *found.subnets, *found.ports)}
            for kind in (ResourceType.NETWORK, ResourceType.SUBNET, ResourceType.PORT):
                self._records.forget(kind, new - left, pod.pod_id)

    def _read_again(self, admin: Any, found: _Found) -> None:
        for name, read in (
            ("networks", self._plugin.get_networks),
            ("subnets", self._plugin.get_subnets),
            ("ports", self._plugin.get_ports),
        ):
            ids = [resource["id"] for resource in getattr(found, name)]
            setattr(found, name, read(admin, filters={"id": ids}) if ids else [])
        left = {network["id"] for network in found.networks}
        found.ports = [port for port in found.ports if port["network_id"] in left]

    def _groups(
        self, context: Any, pod: Pod, group_ids: set[str], project_ids: set[str], address_group_ids: Sequence[str]
    ) -> security_groups.Groups:
        """Read again where the region did not have one of them, as with networks."""
        read = functools.partial(
            security_groups.closure, self._plugin, context, group_ids, project_ids, address_group_ids
        )
        groups = read()
        routings = _routings(ResourceType.SECURITY_GROUP, groups.security_groups)
        routings += _routings(ResourceType.ADDRESS_GROUP, groups.address_groups)
        return read() if self._records.record(pod, routings) else groups

    def _routers(self, admin: Any, networks: Sequence[Json]) -> list[tuple[str, str, str]]:
        """(network id, router id, project id) of the routers' interfaces on the networks."""
        filters = {
            "network_id": [network["id"] for network in networks],
            "device_owner": [constants.DEVICE_OWNER_ROUTER_INTF],
        }
        ports = self._plugin.get_ports(admin, filters=filters) if networks else []
        return [(port["network_id"], port["device_id"], port["project_id"] or "") for port in ports]

    def _regional_network(self, network: Json, pod: Pod) -> Json:
        regional = _regional(network, network_def.RESOURCE_ATTRIBUTE_MAP["networks"], NETWORK_EXTRAS)
        regional[az_def.AZ_HINTS] = [pod.pod_az_name] if pod.pod_az_name else []
        return regional

    def _regional_subnets(self, admin: Any, pod: Pod, found: _Found) -> list[Json]:
        """Each with the gateway that the region has there; the router of an external network is nobody's of ours."""
        outside = {network["id"] for network in found.networks if network.get(external_net.EXTERNAL)}
        inside = [subnet for subnet in found.subnets if subnet["network_id"] not in outside]
        gateways = self._addresses.gateways(admin, pod.region_name, inside)
        regional = []
        for subnet in found.subnets:
            copy = _regional(subnet, subnet_def.RESOURCE_ATTRIBUTE_MAP["subnets"], SUBNET_EXTRAS)
            copy["gateway_ip"] = gateways.get(subnet["id"], subnet["gateway_ip"])
            copy["allocation_pools"] = pools.without(subnet["allocation_pools"], copy["gateway_ip"])
            regional.append(copy)
        return regional

    def _projects(self, context: Any, wish: Json, found: _Found) -> set[str]:
        """Those whose default group the region needs: the caller's and the networks', for ports will be made there."""
        projects = {*wish["project_ids"], *(network["project_id"] for network in found.networks)}
        if found.networks and context.project_id and not context.is_service_role:
            projects.add(context.project_id)
        return {project for project in projects if project}


NETWORK_EXTRAS = (
    "mtu",
    provider_net.NETWORK_TYPE,
    provider_net.PHYSICAL_NETWORK,
    provider_net.SEGMENTATION_ID,
    external_net.EXTERNAL,
    "port_security_enabled",
    "dns_domain",
    "description",
    "revision_number",
)
SUBNET_EXTRAS = ("description", "service_types", "revision_number")
PORT_EXTRAS = (
    "port_security_enabled",
    "allowed_address_pairs",
    "security_groups",
    "extra_dhcp_opts",
    "dns_name",
    "description",
    "binding:vnic_type",
    "revision_number",
)


def remote_endpoints_of(admin: Any, network_ids: Collection[str], region_name: str) -> dict[str, list[Json]]:
    """By network id, the endpoints that ``region_name`` must know, in a stable order."""
    ports = locations.on_networks(admin, network_ids)
    return {
        network_id: [dataclasses.asdict(endpoint) for endpoint in sorted(remote_endpoints.wanted(located, region_name))]
        for network_id, located in ports.items()
    }


def _has_tunnels(network: Json) -> bool:
    return bool(network[provider_net.NETWORK_TYPE] == constants.TYPE_VXLAN)


def placed_of(network: Json) -> placement.Placed:
    """What of a network dictionary decides where it may live."""
    return placement.Placed(
        hints=tuple(network.get(az_def.AZ_HINTS) or ()),
        network_type=network.get(provider_net.NETWORK_TYPE),
        external=bool(network.get(external_net.EXTERNAL)),
    )


def _regional(resource: Json, attributes: Json, extras: Iterable[str]) -> Json:
    """The core attributes of a resource dictionary, and ``extras`` where it has them."""
    names = {name for name, attribute in attributes.items() if attribute["is_visible"]} | set(extras) | {"project_id"}
    return {name: resource[name] for name in sorted(names) if name in resource}


def _groups_of(ports: Iterable[Json]) -> set[str]:
    return {group_id for port in ports for group_id in port.get("security_groups", ())}


def _routings(kind: ResourceType, resources: Iterable[Json]) -> list[tuple[ResourceType, str, str]]:
    return [(kind, resource["id"], resource["project_id"]) for resource in resources]
