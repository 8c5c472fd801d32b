"""How a region should have objects: what a regional view says of them, read without recording or reserving anything."""

from collections.abc import Sequence
from typing import Any

from neutron_lib.api.definitions import external_net

from tricircle.db.neutron import tombstones
from tricircle.domain import routers
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.network import copied_models, shown_copies
from tricircle.network.central import freshness, rbac, security_groups, views
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.desired_routers import DesiredRouters
from tricircle.network.central.records import Records
from tricircle.network.central.speakers import pod_of


class DesiredCopies:
    """Answers audits, about one page of one kind at a time."""

    def __init__(self, plugin: Any, records: Records, addresses: RegionalAddresses, parts: DesiredRouters) -> None:
        """``plugin`` is central's core plugin; ``parts`` plans parts of routers."""
        self._plugin = plugin
        self._records = records
        self._addresses = addresses
        self._parts = parts

    def answer(self, context: Any, question: Json) -> Json:
        """As the extension ``tricircle-desired-copy`` defines it.

        :raises BadRequest: regions have no copies of such a type.
        :raises UnknownRegion: no pod has that region.
        :raises NotItsRegion: the caller does not speak for it.
        :raises StaleRead: this server does not see yet what has been committed.
        """
        kind = shown_copies.kind_of(question["resource_type"])
        pod, admin = pod_of(context, self._records.pods(), question["region_name"]), context.elevated()
        freshness.require(admin, ())
        ids = sorted(set(question["ids"]))
        objects = self._objects(context, admin, kind, pod, ids)
        deleted = tombstones.of(admin, set(ids) - {one["id"] for one in objects})
        gone = [{"id": id_, "project_id": stone.project_id or ""} for id_, stone in sorted(deleted.items())]
        return {**question, "objects": objects, "deleted": gone}

    def _objects(self, context: Any, admin: Any, kind: CopiedKind, pod: Pod, ids: Sequence[str]) -> list[Json]:
        if kind.type == ResourceType.ROUTER:
            return [
                {"id": id_, "project_id": project_id, "content": part and routers.to_json(part)}
                for id_, (project_id, part) in self._parts.of_pod(admin, pod, ids).items()
            ]
        if kind.type == ResourceType.SECURITY_GROUP:
            shown = self._groups(context, pod, ids)
        else:
            shown = shown_copies.read(admin, kind, ids)
        if kind.type == ResourceType.SUBNET:
            shown = self._subnets(admin, pod, shown)
        contents = {one["id"]: shown_copies.content(kind, one) for one in shown}
        self._add_entries(admin, kind, contents)
        for one in shown:
            contents[one["id"]] |= {name: one[name] for name in ("members",) if name in one}
        projects = {one["id"]: one["project_id"] or "" for one in shown}
        return [{"id": id_, "project_id": projects[id_], "content": body} for id_, body in contents.items()]

    def _subnets(self, admin: Any, pod: Pod, subnets: Sequence[Json]) -> list[Json]:
        """With the gateway that the region has there, and with DHCP if the region has an address for a server."""
        filters = {"id": sorted({subnet["network_id"] for subnet in subnets}), external_net.EXTERNAL: [True]}
        outside = {one["id"] for one in self._plugin.get_networks(admin, filters=filters)} if subnets else set()
        gateways: dict[str, str | None] = {subnet["id"]: subnet["gateway_ip"] for subnet in subnets}
        inside = [subnet for subnet in subnets if subnet["network_id"] not in outside]
        gateways |= self._addresses.known_gateways(admin, pod.region_name, inside)
        served = self._addresses.served(admin, pod.region_name, subnets)
        return [views.regional_subnet(subnet, gateways, served) for subnet in subnets]

    def _groups(self, context: Any, pod: Pod, ids: Sequence[str]) -> list[Json]:
        """With the companions of rules with a remote group, and the members elsewhere that these mean."""
        reader = security_groups.GroupReader(self._plugin, context)
        groups = reader.with_all_members(reader.closure(ids, (), ()), pod.region_name)
        addresses = {group["id"]: group["addresses"] for group in groups.address_groups}
        wanted = set(ids)
        return [
            {**group, "members": shown_copies.members(group, addresses)}
            for group in groups.security_groups
            if group["id"] in wanted
        ]

    @staticmethod
    def _add_entries(admin: Any, kind: CopiedKind, contents: dict[str, Json]) -> None:
        if copied_models.get(kind.type).rbac is None:
            return
        for id_, entries in rbac.entries(admin, kind.type, contents).items():
            contents[id_]["rbac_policies"] = entries
