"""Regional views: what a region needs to have objects, put together by central Neutron in one answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from neutron_lib import constants
from neutron_lib.api.definitions import availability_zone as az_def
from neutron_lib.api.definitions import external_net, portbindings, provider_net

from tricircle.db.neutron import locations
from tricircle.domain import addresses as pools
from tricircle.domain import copied_kinds, requests
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.endpoints import to_json
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import EndpointTable, View
from tricircle.network import copied_models
from tricircle.network.central import freshness, presence, quotas, rbac, security_groups, view_search
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.interface_states import InterfaceStates
from tricircle.network.central.records import Records
from tricircle.network.central.speakers import pod_of
from tricircle.network.central.versions import Versions, endpoint_tables
from tricircle.network.central.view_search import Found, ViewSearch, read_standalone
from tricircle.network.extensions import regional_view
from tricircle.network.extensions.port_region import REGION_NAME
from tricircle.plans import remote_endpoints


class RegionalViews:
    """Answers regions' questions. What it answers it also records, so that later changes reach the region."""

    def __init__(
        self,
        plugin: Any,
        records: Records,
        reservations: RegionalAddresses,
        interfaces: InterfaceStates,
        default_external_region: str,
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._interfaces = interfaces
        self._plugin = plugin
        self._records = records
        self._addresses = reservations
        self._search = ViewSearch(plugin, records, default_external_region)

    def answer(self, context: Any, asked: Sequence[Json]) -> list[View]:
        """The views that regions, or jobs for them, ask for: as the extension ``tricircle-regional-view`` defines them.

        What regions that are alike need of groups is read once for all.

        :raises UnknownRegion: no pod has that region.
        :raises NotItsRegion: the caller does not speak for it.
        :raises StaleRead: this server does not see yet what the answer must be as of.
        """
        pods = self._records.pods()
        asking = [pod_of(context, pods, question["region_name"]) for question in asked]
        freshness.require(context.elevated(), {number for question in asked for number in question["changes"]})
        groups = security_groups.GroupReader(self._plugin, context)
        views = [self._build(context, question, pods, pod, groups) for question, pod in zip(asked, asking, strict=True)]
        groups.versions.keep()
        return views

    def of_networks(self, context: Any, region_name: str, network_ids: Sequence[str]) -> View:
        """A view for these networks alone, for central's own use.

        :raises UnknownRegion: no pod has that region.
        """
        pods = self._records.pods()
        question = regional_view.question(region_name, network_ids=list(network_ids))
        groups = security_groups.GroupReader(self._plugin, context)
        view = self._build(context, question, pods, self._records.pod(region_name), groups)
        groups.versions.keep()
        return view

    def _build(
        self, context: Any, question: Json, pods: Sequence[Pod], pod: Pod, reader: security_groups.GroupReader
    ) -> View:
        """One view. The order of the steps matters: each object is recorded to be in the region before it is read for
        the last time, and groups before their members, so that who changes one later tells the region.
        """
        admin = context.elevated()
        found = self._search.find(context, question, pods, pod, reader)
        network_ids = [network["id"] for network in found.networks]
        found.subnets = self._plugin.get_subnets(admin, filters={"network_id": network_ids}) if network_ids else []
        self._record_found(admin, found, pod)
        subnets = self._reserve(admin, found, pod)
        group_ids = found.group_ids | _groups_of(found.ports)
        projects = self._projects(context, question, found)
        groups = self._groups(reader, pod, group_ids, projects, question["address_group_ids"])
        # Members are read when the groups' presence is recorded: who joins a group from now on is told to the region.
        groups = reader.with_members(groups, pod.region_name, question)
        states = self._port_states(admin, question["port_state_ids"])
        tables = self._endpoint_tables(admin, question, pod.region_name, reader.versions)
        known = _ids(found.networks, found.subnets, found.ports, groups.security_groups, groups.address_groups, states)
        known |= _ids(*found.standalone.values())
        refused = {refusal["id"] for refusal in found.refused}
        known |= refused | {table["network_id"] for table in tables}
        view: View = {
            "networks": self._regional_networks(admin, found.networks, pod, reader.versions),
            "subnets": subnets,
            "ports": [_carried(port, copied_kinds.PORT) for port in found.ports],
            "security_groups": groups.security_groups,
            "address_groups": groups.address_groups,
            "quotas": quotas.of_caller(context, question["quota_project_ids"]),
            "refused": found.refused,
            "deleted": view_search.deleted(admin, question, known),
            "port_states": states,
            "endpoint_tables": tables,
        }
        return cast(View, {**question, **self._standalone(admin, found), **view})

    def _reserve(self, admin: Any, found: Found, pod: Pod) -> list[Json]:
        """Reserve what the region's agents need; answers the subnets as the region shall have them."""
        for subnet in found.subnets:
            subnet["enable_dhcp"] = subnet["enable_dhcp"] and pools.has_room_for_dhcp(subnet["cidr"])
        gateways = self._gateways(admin, pod, found)
        dhcp_ports = self._addresses.dhcp_ports(admin, pod.region_name, found.subnets)
        served = {fixed["subnet_id"] for port in dhcp_ports for fixed in port["fixed_ips"]}
        subnets = [regional_subnet(subnet, gateways, served) for subnet in found.subnets]
        presence.record(self._records, admin, pod, _routings(ResourceType.PORT, dhcp_ports))
        found.ports += [port for port in dhcp_ports if port["id"] not in _ids(found.ports)]
        return subnets

    def _port_states(self, admin: Any, port_ids: Sequence[str]) -> list[Json]:
        """Ports as they are, for jobs; nothing is recorded or reserved for them."""
        ports = self._plugin.get_ports(admin, filters={"id": port_ids}) if port_ids else []
        return [_carried(port, copied_kinds.PORT, REGION_NAME, portbindings.HOST_ID) for port in ports]

    def _endpoint_tables(self, admin: Any, question: Json, region_name: str, known: Versions) -> list[EndpointTable]:
        """Of the networks that are there: of another one nobody can say that it has no ports."""
        ids = question["endpoint_network_ids"]
        networks = self._plugin.get_networks(admin, filters={"id": ids}, fields=["id"]) if ids else []
        tables = endpoint_tables(
            admin, [network["id"] for network in networks], region_name, known, question["versions"]
        )
        return [cast(EndpointTable, {"network_id": id_, **table}) for id_, table in tables.items()]

    def _regional_networks(self, admin: Any, networks: Sequence[Json], pod: Pod, known: Versions) -> list[Json]:
        sharing = rbac.entries(admin, ResourceType.NETWORK, [network["id"] for network in networks])
        # Read when the networks' presence is recorded: whose port comes up from now on, the region is told by a job.
        tables = endpoint_tables(admin, [n["id"] for n in networks if _has_tunnels(n)], pod.region_name, known, None)
        return [
            {
                **self._regional_network(network, pod),
                "rbac_policies": sharing[network["id"]],
                "remote_endpoints": tables.get(network["id"], {}).get("endpoints", []),
                "endpoints_version": tables.get(network["id"], {}).get("version", ""),
            }
            for network in networks
        ]

    @staticmethod
    def _standalone(admin: Any, found: Found) -> dict[str, list[Json]]:
        """By collection, what needs nothing but itself, with who may use it."""
        answered: dict[str, list[Json]] = {}
        for model in copied_models.standalone():
            resources = found.standalone.get(model.kind.type, [])
            shared = rbac.entries(admin, model.kind.type, _ids(resources)) if model.rbac else {}
            answered[model.kind.plural] = [
                _carried(resource, model.kind) | ({"rbac_policies": shared[resource["id"]]} if model.rbac else {})
                for resource in resources
            ]
        return answered

    def _record_found(self, admin: Any, found: Found, pod: Pod) -> None:
        """Note that the region has, or is about to have, what was found. What is new there is read again after that.

        So nothing is missed: a change is either in what is answered, or is told to a region that is known to need it.
        And a region that crashes half-way is still told of every later change.
        """
        jobs: dict[str, list[JobRequest]] = {}
        asked_by = requests.known(admin.global_id)
        # Routers come to where their networks are.
        for network_id, router_id, project_id in self._routers(admin, found.networks):
            job = JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": router_id}, project_id, request_ids=asked_by)
            jobs.setdefault(network_id, []).append(job)
        objects = _routings(ResourceType.NETWORK, found.networks) + _routings(ResourceType.SUBNET, found.subnets)
        objects += _routings(ResourceType.PORT, found.ports)
        for type_, resources in found.standalone.items():
            objects += _routings(type_, resources)
        new = self._records.record(pod, objects, jobs)
        if new:
            self._interfaces.refresh_networks(admin, new & jobs.keys())
            self._read_again(admin, found)
            gone = new - _ids(found.networks, found.subnets, found.ports, *found.standalone.values())
            for kind in dict.fromkeys(kind for kind, id_, _ in objects if id_ in gone):
                self._records.forget(kind, gone, pod.pod_id)

    def _read_again(self, admin: Any, found: Found) -> None:
        for name, read in (
            ("networks", self._plugin.get_networks),
            ("subnets", self._plugin.get_subnets),
            ("ports", self._plugin.get_ports),
        ):
            ids = [resource["id"] for resource in getattr(found, name)]
            setattr(found, name, read(admin, filters={"id": ids}) if ids else [])
        for type_, resources in found.standalone.items():
            found.standalone[type_] = read_standalone(admin, type_, [resource["id"] for resource in resources])
        left = {network["id"] for network in found.networks}
        found.ports = [port for port in found.ports if port["network_id"] in left]

    def _groups(
        self,
        reader: security_groups.GroupReader,
        pod: Pod,
        group_ids: set[str],
        project_ids: set[str],
        address_group_ids: Sequence[str],
    ) -> security_groups.Groups:
        """Read again where the region did not have one of them, as with networks."""
        groups = reader.closure(group_ids, project_ids, address_group_ids)
        present = reader.pods_with(self._records, groups)
        asked = (*groups.security_groups, *groups.address_groups)
        if all(pod.pod_id in present.get(group["id"], ()) for group in asked):
            return groups
        routings = _routings(ResourceType.SECURITY_GROUP, groups.security_groups)
        routings += _routings(ResourceType.ADDRESS_GROUP, groups.address_groups)
        if not presence.record(self._records, reader.admin, pod, routings):
            return groups
        reader.forget()
        return reader.closure(group_ids, project_ids, address_group_ids)

    def _routers(self, admin: Any, networks: Sequence[Json]) -> list[tuple[str, str, str]]:
        """(network id, router id, project id) of the routers' interfaces on the networks."""
        filters = {
            "network_id": [network["id"] for network in networks],
            "device_owner": [constants.DEVICE_OWNER_ROUTER_INTF],
        }
        ports = self._plugin.get_ports(admin, filters=filters) if networks else []
        return [(port["network_id"], port["device_id"], port["project_id"] or "") for port in ports]

    def _regional_network(self, network: Json, pod: Pod) -> Json:
        regional = _carried(network, copied_kinds.NETWORK)
        regional[az_def.AZ_HINTS] = [pod.pod_az_name] if pod.pod_az_name else []
        return regional

    def _gateways(self, admin: Any, pod: Pod, found: Found) -> dict[str, str | None]:
        """The region's by subnet id; the router of an external network is nobody's of ours."""
        outside = {network["id"] for network in found.networks if network.get(external_net.EXTERNAL)}
        inside = [subnet for subnet in found.subnets if subnet["network_id"] not in outside]
        theirs = {subnet["id"]: subnet["gateway_ip"] for subnet in found.subnets}
        return theirs | self._addresses.gateways(admin, pod.region_name, inside)

    def _projects(self, context: Any, question: Json, found: Found) -> set[str]:
        """Those whose default group the region needs: the caller's and the networks', for ports will be made there."""
        projects = {*question["project_ids"], *(network["project_id"] for network in found.networks)}
        if found.networks and context.project_id and not context.is_service_role:
            projects.add(context.project_id)
        return {project for project in projects if project}


def remote_endpoints_of(admin: Any, network_ids: Collection[str], region_name: str) -> dict[str, list[Json]]:
    """By network id, the endpoints that ``region_name`` must know, in a stable order."""
    ports = locations.on_networks(admin, network_ids)
    return {
        network_id: [to_json(endpoint) for endpoint in sorted(remote_endpoints.wanted(located, region_name))]
        for network_id, located in ports.items()
    }


def regional_subnet(subnet: Json, gateways: Mapping[str, str | None], served: Collection[str]) -> Json:
    """A subnet with the gateway that the region has there, and with DHCP if the region has an address for a server."""
    copy = _carried(subnet, copied_kinds.SUBNET)
    copy["gateway_ip"] = gateways[subnet["id"]]
    copy["allocation_pools"] = pools.without(subnet["allocation_pools"], copy["gateway_ip"])
    copy["enable_dhcp"] = subnet["enable_dhcp"] and subnet["id"] in served
    return copy


def _has_tunnels(network: Json) -> bool:
    return bool(network[provider_net.NETWORK_TYPE] == constants.TYPE_VXLAN)


def _carried(resource: Json, kind: CopiedKind, *more: str) -> Json:
    """What a region needs of a resource dictionary, as far as it has it."""
    return {name: resource[name] for name in (*kind.carried, *more) if name in resource}


def _groups_of(ports: Iterable[Json]) -> set[str]:
    return {group_id for port in ports for group_id in port.get("security_groups", ())}


def _routings(kind: str, resources: Iterable[Json]) -> list[tuple[str, str, str]]:
    return [(kind, resource["id"], resource["project_id"]) for resource in resources]


def _ids(*collections: Iterable[Json]) -> set[str]:
    return {resource["id"] for collection in collections for resource in collection}
