"""What this region has of central's objects, as it is: a page of one kind in one answer, with no query per object."""

from collections.abc import Callable, Sequence
from typing import Any

from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants, directory

from tricircle.db.neutron import copies
from tricircle.domain import routers
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network import copied_models, shown_copies
from tricircle.network.local import askers
from tricircle.network.local.copies import unasking
from tricircle.plans import group_members
from tricircle.plans.differences import MTU_LIMIT


class Observer:
    """Answers audits. It changes nothing, and fetches nothing."""

    def __init__(self, plugin: Any, mtu_limit: Callable[[Json], int | None]) -> None:
        """``plugin`` is the region's core plugin; ``mtu_limit``: what the region can give a network."""
        self._plugin = plugin
        self._mtu_limit = mtu_limit

    def answer(self, context: Any, question: Json) -> Json:
        """As the extension ``tricircle-observed-copy`` defines it.

        :raises BadRequest: regions have no copies of such a type.
        """
        kind, admin, ids = shown_copies.kind_of(question["resource_type"]), unasking(context), question["ids"]
        if ids:
            rows, until = copies.of_kind(admin, kind.type, ids=ids), ""
        else:
            rows = copies.of_kind(admin, kind.type, after=question["after"], limit=question["limit"])
            until = rows[-1].resource_id if len(rows) == question["limit"] else ""
        # Those of members elsewhere are shown with the groups whose rules name them.
        rows = [row for row in rows if not group_members.is_ours(row.resource_id)]
        with askers.nobody():
            found = self._contents(admin, kind, [row.resource_id for row in rows])
        return {
            **question,
            "copies": [
                {
                    "id": row.resource_id,
                    "state": row.state,
                    "revision": row.revision,
                    "content": found.get(row.resource_id),
                }
                for row in rows
            ],
            "until": until,
        }

    def _contents(self, admin: Any, kind: CopiedKind, ids: Sequence[str]) -> dict[str, Json]:
        """By id, what there is."""
        if kind.type == ResourceType.ROUTER:
            plugin = directory.get_plugin(constants.L3)
            parts = plugin.observe_copies(admin, ids) if hasattr(plugin, "observe_copies") else {}
            return {id_: routers.to_json(part) for id_, part in parts.items()}
        shown = shown_copies.read(admin, kind, ids)
        contents = {one["id"]: shown_copies.content(kind, one) for one in shown}
        if kind.type == ResourceType.NETWORK:
            for network in shown:
                contents[network["id"]][MTU_LIMIT] = self._mtu_limit(network)
        if kind.type == ResourceType.SECURITY_GROUP:
            self._add_members(admin, list(contents.values()))
        self._add_entries(admin, kind, contents)
        return contents

    def _add_members(self, admin: Any, groups: Sequence[Json]) -> None:
        ids = shown_copies.named_members(groups)
        found = self._plugin.get_address_groups(admin, filters={"id": ids}) if ids else []
        addresses = {group["id"]: group["addresses"] for group in found}
        for group in groups:
            group["members"] = shown_copies.members(group, addresses)

    @staticmethod
    def _add_entries(admin: Any, kind: CopiedKind, contents: dict[str, Json]) -> None:
        entry_class = copied_models.get(kind.type).rbac
        if entry_class is None or not contents:
            return
        for body in contents.values():
            body["rbac_policies"] = []
        with db_api.CONTEXT_READER.using(admin):
            entries = entry_class.get_objects(admin, object_id=sorted(contents))
        for entry in entries:
            shown = {name: entry[name] for name in ("id", "project_id", "action", "target_project")}
            contents[entry.object_id]["rbac_policies"].append(shown)
