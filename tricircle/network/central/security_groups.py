"""Security groups that a region needs together.

A rule's remote groups and address groups must exist where the rule does.
"""

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

from neutron.objects import securitygroup as sg_obj

from tricircle.db.neutron import members
from tricircle.domain.members import GroupMember
from tricircle.domain.routings import ResourceType
from tricircle.network import neutron_internals
from tricircle.network.central import access
from tricircle.network.central.records import Records
from tricircle.plans import group_members

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Groups:
    """Security groups with their rules and ``is_default``, and the address groups that the rules name.

    Both with ``rbac_policies``: who may use them beside their projects.
    """

    security_groups: list[Json]
    address_groups: list[Json]


def closure(
    plugin: Any,
    context: Any,
    group_ids: Collection[str],
    project_ids: Collection[str],
    address_group_ids: Collection[str] = (),
) -> Groups:
    """The groups ``group_ids``, the default groups of ``project_ids``, and all that their rules lead to.

    Beside them the address groups ``address_group_ids``, as far as they exist.
    """
    admin = context.elevated()
    wanted = set(group_ids)
    for project_id in project_ids:
        default_id = neutron_internals.have_default_group(plugin, admin, project_id)
        if default_id:
            wanted.add(default_id)
    found: dict[str, Json] = {}
    while wanted - found.keys():
        groups = plugin.get_security_groups(admin, filters={"id": sorted(wanted - found.keys())}, default_sg=True)
        if not groups:
            break
        found |= {group["id"]: group for group in groups}
        wanted |= {remote for group in groups for remote in _named(group, "remote_group_id")}
    defaults = sg_obj.DefaultSecurityGroup.get_objects(admin, security_group_id=sorted(found)) if found else []
    default_ids = {default.security_group_id for default in defaults}
    for group in found.values():
        group["is_default"] = group["id"] in default_ids
    address_ids = {name for group in found.values() for name in _named(group, "remote_address_group_id")}
    address_ids |= set(address_group_ids)
    address_groups = plugin.get_address_groups(admin, filters={"id": sorted(address_ids)}) if address_ids else []
    shared = access.entries(admin, ResourceType.SECURITY_GROUP, found)
    shared |= access.entries(
        admin, ResourceType.ADDRESS_GROUP, [address_group["id"] for address_group in address_groups]
    )
    return Groups(
        [{**_plain(group), "rbac_policies": shared[group["id"]]} for group in found.values()],
        [{**address_group, "rbac_policies": shared[address_group["id"]]} for address_group in address_groups],
    )


class GroupReader:
    """Reads groups, once for all regions of one request that ask for the same."""

    def __init__(self, plugin: Any, context: Any) -> None:
        """Nothing is read yet."""
        self._plugin = plugin
        self._context = context
        self.admin = context.elevated()
        self.forget()

    def forget(self) -> None:
        """Read again: a region gets groups now that it had not, so that it was told of no change before."""
        self._groups: dict[tuple[frozenset[str], ...], Groups] = {}
        self._members: dict[frozenset[str], list[GroupMember]] = {}
        self._visible: dict[frozenset[str], frozenset[str]] = {}
        self._pods: dict[frozenset[str], dict[str, set[str]]] = {}

    def visible(self, group_ids: Collection[str]) -> frozenset[str]:
        """Those of ``group_ids`` that the caller may see."""
        key = frozenset(group_ids)
        if key not in self._visible:
            self._visible[key] = frozenset(visible(self._plugin, self._context, group_ids))
        return self._visible[key]

    def pods_with(self, records: Records, groups: Groups) -> dict[str, set[str]]:
        """Ids of the pods that have these groups, by group id; nothing of groups that are in none."""
        ids = _ids(groups.security_groups), _ids(groups.address_groups)
        key = frozenset().union(*ids)
        if key not in self._pods:
            kinds = (ResourceType.SECURITY_GROUP, ResourceType.ADDRESS_GROUP)
            found = [records.pods_with(kind, of_kind) for kind, of_kind in zip(kinds, ids, strict=True) if of_kind]
            self._pods[key] = {id_: pod_ids for pods in found for id_, pod_ids in pods.items()}
        return self._pods[key]

    def closure(
        self, group_ids: Collection[str], project_ids: Collection[str], address_group_ids: Collection[str]
    ) -> Groups:
        """See the function ``closure``."""
        key = (frozenset(group_ids), frozenset(project_ids), frozenset(address_group_ids))
        if key not in self._groups:
            self._groups[key] = closure(self._plugin, self._context, group_ids, project_ids, address_group_ids)
        return self._groups[key]

    def with_members(self, groups: Groups, region_name: str) -> Groups:
        """The groups as ``region_name`` shall have them: remote groups cover their members in other regions too."""
        remote = frozenset(name for group in groups.security_groups for name in _named(group, "remote_group_id"))
        if remote not in self._members:
            self._members[remote] = members.of_groups(self.admin, remote)
        extended, address_groups = group_members.regional(groups.security_groups, self._members[remote], region_name)
        return Groups(extended, groups.address_groups + address_groups)


def visible(plugin: Any, context: Any, group_ids: Collection[str]) -> set[str]:
    """Those of ``group_ids`` that the caller may see."""
    if not group_ids:
        return set()
    groups = plugin.get_security_groups(context, filters={"id": sorted(group_ids)}, default_sg=True)
    return {group["id"] for group in groups}


def alike(plugin: Any, context: Any, wish: Json) -> set[str]:
    """Ids of the groups that the caller may see by ``project_id`` and ``name`` (lists), but for ``known_ids``."""
    filters = {name: wish[name] for name in ("project_id", "name") if wish.get(name)}
    if not filters:
        return set()
    # Of a project that is merely named no default group is made; the caller's own is asked for beside.
    groups = plugin.get_security_groups(context, filters=filters, fields=["id"], default_sg=True)
    return {group["id"] for group in groups} - set(wish.get("known_ids") or ())


def _ids(groups: Iterable[Json]) -> frozenset[str]:
    return frozenset(group["id"] for group in groups)


def _named(group: Json, field: str) -> set[str]:
    return {rule[field] for rule in group["security_group_rules"] if rule.get(field)}


def _plain(group: Json) -> Json:
    names = ("id", "name", "description", "stateful", "project_id", "is_default", "revision_number")
    rule_names = (
        "id",
        "project_id",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
        "remote_address_group_id",
        "description",
    )
    plain = {name: group[name] for name in names if name in group}
    plain["security_group_rules"] = [
        {name: rule.get(name) for name in rule_names} for rule in group["security_group_rules"]
    ]
    return plain
