"""Security groups that a region needs together.

A rule's remote groups and address groups must exist where the rule does.
"""

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neutron.objects import securitygroup as sg_obj

from tricircle.db.neutron import departures, members
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.domain.versions import Part
from tricircle.network import neutron_internals
from tricircle.network.central import rbac
from tricircle.network.central.records import Records
from tricircle.network.central.versions import Named, Versions
from tricircle.plans import group_members, memberships, versions
from tricircle.plans.memberships import Members


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
    shared = rbac.entries(admin, ResourceType.SECURITY_GROUP, found)
    shared |= rbac.entries(admin, ResourceType.ADDRESS_GROUP, [address_group["id"] for address_group in address_groups])
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
        self.versions = Versions(self.admin)
        self.forget()

    def forget(self) -> None:
        """Read again: a region gets groups now that it had not, so that it was told of no change before."""
        self._groups: dict[tuple[frozenset[str], ...], Groups] = {}
        self._members: dict[frozenset[str], dict[str, Members]] = {}
        self._gone: dict[frozenset[str], tuple[datetime.datetime, dict[str, list[tuple[datetime.datetime, str]]]]] = {}
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

    def with_members(self, groups: Groups, region_name: str, question: Json) -> Groups:
        """The groups as ``region_name`` shall have them: remote groups cover their members in other regions too.

        Address groups of members are with ``domain.versions.Part``, for a ``question`` of the extension. The region
        follows those of the projects whose groups are asked for by id; it has others already, or makes them.
        """
        named = question["versions"]
        extended, remote = group_members.regional(groups.security_groups)
        if not remote:
            return Groups(extended, groups.address_groups)
        new, bases = self.versions.new, self.versions.bases(region_name, remote, named)
        group_ids = frozenset(remote.values())
        everybody = self._members_of(group_ids)
        followed = _followed(extended, question["security_group_ids"])
        made = []
        for id_, group_id in remote.items():
            found = everybody.get(group_id) or Members()
            part = versions.part(
                base=bases[id_],
                new=new,
                changed=self._changed(group_ids, group_id, found, bases[id_]),
                size=len(found),
                digest=found.digest(region_name),
            )
            self.versions.note(region_name, id_, part["version"], only_first=named is None or id_ not in followed)
            addresses = found.elsewhere(region_name, part.get("names"))
            made.append({**group_members.address_group(id_, group_id, addresses), **_sent(part, named)})
        return Groups(extended, groups.address_groups + made)

    def with_all_members(self, groups: Groups, region_name: str) -> Groups:
        """The same with every member elsewhere, for whoever compares: nothing is noted as told."""
        extended, remote = group_members.regional(groups.security_groups)
        everybody = self._members_of(frozenset(remote.values())) if remote else {}
        made = [
            group_members.address_group(id_, group_id, (everybody.get(group_id) or Members()).elsewhere(region_name))
            for id_, group_id in remote.items()
        ]
        return Groups(extended, groups.address_groups + made)

    def _members_of(self, group_ids: frozenset[str]) -> dict[str, Members]:
        if group_ids not in self._members:
            self._members[group_ids] = memberships.by_group(members.of_groups(self.admin, group_ids))
        return self._members[group_ids]

    def _changed(self, group_ids: frozenset[str], group_id: str, found: Members, base: str) -> set[str] | None:
        """Addresses of one of the groups that may have changed since a version; None: nobody knows."""
        moment = versions.since(base)
        if moment is None:
            return None
        if group_ids not in self._gone or self._gone[group_ids][0] > moment:
            earliest = min(moment, self.versions.earliest() or moment)
            self._gone[group_ids] = earliest, departures.since(self.admin, group_ids, earliest)
        gone = self._gone[group_ids][1].get(group_id, ())
        return found.changed_since(moment) | {memberships.network(name) for left_at, name in gone if left_at >= moment}


def visible(plugin: Any, context: Any, group_ids: Collection[str]) -> set[str]:
    """Those of ``group_ids`` that the caller may see."""
    if not group_ids:
        return set()
    groups = plugin.get_security_groups(context, filters={"id": sorted(group_ids)}, default_sg=True)
    return {group["id"] for group in groups}


def matching(plugin: Any, context: Any, question: Json) -> set[str]:
    """Ids of the groups that the caller may see by ``project_id`` and ``name`` (lists), but for ``known_ids``."""
    filters = {name: question[name] for name in ("project_id", "name") if question.get(name)}
    if not filters:
        return set()
    # Of a project that is merely named no default group is made; the caller's own is asked for beside.
    groups = plugin.get_security_groups(context, filters=filters, fields=["id"], default_sg=True)
    return {group["id"] for group in groups} - set(question.get("known_ids") or ())


def _ids(groups: Iterable[Json]) -> frozenset[str]:
    return frozenset(group["id"] for group in groups)


def _sent(part: Part, named: Named) -> Json:
    """A part as it is sent; not to be against a version where nobody knows what the region has."""
    return {name: value for name, value in part.items() if not (named is None and name == "base")}


def _followed(groups: Sequence[Json], group_ids: Collection[str]) -> set[str]:
    """Address groups that rules of these groups' projects name."""
    projects = {group["project_id"] for group in groups if group["id"] in group_ids}
    own = [group for group in groups if group["project_id"] in projects]
    return {name for group in own for name in _named(group, "remote_address_group_id")}


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
