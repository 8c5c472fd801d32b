"""What of a region's question the caller may see, and the region may have."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import availability_zone as az_def
from neutron_lib.api.definitions import external_net, multiprovidernet, provider_net

from tricircle.db.neutron import addresses, locations, tombstones
from tricircle.db.neutron.device_owners import CENTRALS_OWN
from tricircle.db.neutron.locations import Location
from tricircle.domain import copied_kinds, placement
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import Deleted, Reason
from tricircle.network import copied_models
from tricircle.network.central import security_groups
from tricircle.network.central.records import Records

LOG = logging.getLogger(__name__)

# What of a question names objects by id, beside the ids of each kind.
ASKED = ("port_state_ids", "endpoint_network_ids")


@dataclasses.dataclass
class Found:
    """What the caller may see of what the region asks for; ``refused`` ({"id", "reason"}): what is not for it.

    ``standalone``: by type, of kinds that need nothing but themselves, what is asked for and what the rest names.
    """

    networks: list[Json] = dataclasses.field(default_factory=list)
    subnets: list[Json] = dataclasses.field(default_factory=list)
    ports: list[Json] = dataclasses.field(default_factory=list)
    group_ids: set[str] = dataclasses.field(default_factory=set)
    refused: list[Reason] = dataclasses.field(default_factory=list)
    standalone: dict[str, list[Json]] = dataclasses.field(default_factory=dict)

    def refuse(self, id_: str, reason: str, region_name: str) -> None:
        """Leave an object out, and say why."""
        LOG.info("%s is not for region %s: %s", id_, region_name, reason)
        self.refused.append({"id": id_, "reason": reason})


class ViewSearch:
    """Searches with the caller's own eyes, then keeps what may live in the region."""

    def __init__(self, plugin: Any, records: Records, default_external_region: str) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        self._default_external_region = default_external_region

    def find(
        self, context: Any, question: Json, pods: Sequence[Pod], pod: Pod, groups: security_groups.GroupReader
    ) -> Found:
        """Networks, ports and groups; subnets are the networks', and not read yet."""
        found = self._find(context, question, groups)
        self._keep_ports(context.elevated(), found, pod)
        self._keep_networks(found, pods, pod)
        found.standalone = _find_standalone(context, question, found)
        return found

    def _find(self, context: Any, question: Json, groups: security_groups.GroupReader) -> Found:
        matching = security_groups.matching(self._plugin, context, question["security_groups_like"])
        found = Found(group_ids={*groups.visible(question["security_group_ids"]), *matching})
        network_ids = set(question["network_ids"])
        if question["subnet_ids"]:
            subnets = self._plugin.get_subnets(context, filters={"id": question["subnet_ids"]})
            network_ids |= {subnet["network_id"] for subnet in subnets}
        if question["port_ids"]:
            seen = self._plugin.get_ports(context, filters={"id": question["port_ids"]})
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

    def _keep_ports(self, admin: Any, found: Found, pod: Pod) -> None:
        """A port lives in one region: elsewhere there is nothing of it to be had."""
        ids = [port["id"] for port in found.ports]
        if not ids:
            return
        reserved, places = addresses.regions_of_ports(admin, ids), locations.of_ports(admin, ids)
        kept = []
        for port in found.ports:
            reason = elsewhere(port, reserved.get(port["id"]), places.get(port["id"]), pod.region_name)
            if reason is None:
                kept.append(port)
            else:
                found.refuse(port["id"], reason, pod.region_name)
        found.ports = kept

    def _keep_networks(self, found: Found, pods: Sequence[Pod], pod: Pod) -> None:
        """Leave out, with the reason, the networks that may not live in the region, and their ports."""
        present = self._records.pods_with(ResourceType.NETWORK, {network["id"] for network in found.networks})
        kept = []
        for network in found.networks:
            reason = self._refusal(network, present.get(network["id"], set()), pods, pod)
            if reason is None:
                kept.append(network)
            else:
                found.refuse(network["id"], reason, pod.region_name)
        found.networks = kept
        ids = {network["id"] for network in kept}
        found.ports = [port for port in found.ports if port["network_id"] in ids]

    def _refusal(self, network: Json, present: set[str], pods: Sequence[Pod], pod: Pod) -> str | None:
        """``present``: ids of the pods in which the network is."""
        if network.get(multiprovidernet.SEGMENTS):
            return "it has several segments, and nothing says which is the region's"
        placed = placed_of(network)
        allowed = placement.allowed_regions(placed, pods, self._default_external_region)
        if pod.region_name not in allowed:
            return f"its availability zone hints {list(placed.hints)} allow {sorted(allowed)}"
        if placed.network_type == "local" and present - {pod.pod_id}:
            return "it is of type local, and another region has it already"
        # A bridge network, which is nobody's, comes with a part of a router that serves what is still there.
        if pod.draining and pod.pod_id not in present and network["project_id"]:
            return "the region is being drained, and nothing new goes there"
        return None


def read_standalone(context: Any, type_: str, ids: Sequence[str]) -> list[Json]:
    """Objects of a kind that needs nothing but itself, as far as ``context`` may see them; none where nobody serves it.

    Whoever may see what names one may have it: a shared network's policy, say.
    """
    model = copied_models.get(type_)
    plugin = model.plugin()
    return model.read(plugin, context, ids) if plugin is not None else []


def _find_standalone(context: Any, question: Json, found: Found) -> dict[str, list[Json]]:
    """By type: what is asked for, with the caller's eyes; and, whoever may see it, what the objects found name."""
    objects = {
        ResourceType.NETWORK: found.networks,
        ResourceType.PORT: found.ports,
    }
    result: dict[str, list[Json]] = {}
    for kind in copied_kinds.standalone():
        asked = read_standalone(context, kind.type, question[f"{kind.type}_ids"])
        named = {
            resource[field]
            for type_, resources in objects.items()
            for field, named_type in copied_kinds.get(type_).references.items()
            if named_type == kind.type
            for resource in resources
            if resource.get(field)
        }
        more = sorted(named - {resource["id"] for resource in asked})
        result[kind.type] = asked + read_standalone(context.elevated(), kind.type, more)
    return result


def elsewhere(port: Json, reserved_for: str | None, place: Location | None, region_name: str) -> str | None:
    """Why a port is not for a region, or None.

    ``reserved_for``: the region for which central has reserved it. A port that is bound lives where it is bound; one
    that is not may still go anywhere, but for a DHCP server's, which is its region's from the beginning.
    """
    if reserved_for is not None and reserved_for != region_name:
        return f"it is reserved for {reserved_for}"
    if place is None or place.region_name == region_name or reserved_for is not None:
        return None
    if place.host or port["device_owner"] == constants.DEVICE_OWNER_DHCP:
        return f"it lives in {place.region_name}"
    return None


def deleted(admin: Any, question: Json, known: Iterable[str]) -> list[Deleted]:
    """Of what is asked for by id and is not ``known``, what is deleted: {"id", "resource_type"}."""
    by_kind = [f"{kind.type}_ids" for kind in copied_kinds.all_kinds() if kind.in_views]
    asked = {id_ for name in (*ASKED, *by_kind) for id_ in question[name]}
    found: Mapping[str, Any] = tombstones.of(admin, asked - set(known))
    return [{"id": id_, "resource_type": found[id_].resource_type} for id_ in sorted(found)]


def placed_of(network: Json) -> placement.Placed:
    """What of a network dictionary decides where it may live."""
    return placement.Placed(
        hints=tuple(network.get(az_def.AZ_HINTS) or ()),
        network_type=network.get(provider_net.NETWORK_TYPE),
        external=bool(network.get(external_net.EXTERNAL)),
    )
