"""Objects of a kind as both sides show them to an audit: read in bulk, and cut to what is compared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neutron_lib import exceptions as n_exc

from tricircle.domain import copied_kinds
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network import copied_models
from tricircle.plans import group_members

# By what a rule is told from others.
RULE = (
    "id",
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "remote_address_group_id",
)
# What decides whose some fields of a port are, and where it lives.
_OF_PORTS = ("binding:host_id", "tricircle:region_name")


def kind_of(name: str) -> CopiedKind:
    """The kind that a question names.

    :raises BadRequest: regions have no copies of such.
    """
    if not copied_kinds.is_declared(name):
        known = ", ".join(kind.type for kind in copied_kinds.all_kinds())
        raise n_exc.BadRequest(resource="resource_type", msg=f"regions have no copies of {name}, but of {known}")
    return copied_kinds.get(name)


def read(admin: Any, kind: CopiedKind, ids: Sequence[str]) -> list[Json]:
    """Those of the objects that this Neutron has; none where no plugin serves them."""
    model = copied_models.get(kind.type)
    plugin = model.plugin() if ids else None
    if plugin is None:
        return []
    if kind.type == ResourceType.SECURITY_GROUP:  # else Neutron makes a default group for whoever asks
        groups: list[Json] = plugin.get_security_groups(admin, filters={"id": list(ids)}, default_sg=True)
        return groups
    return model.read(plugin, admin, ids)


def content(kind: CopiedKind, shown: Mapping[str, Any]) -> Json:
    """The fields of an object that are compared, and those that decide which are."""
    names = (*kind.carried, *(_OF_PORTS if kind.type == ResourceType.PORT else ()))
    body = {name: shown[name] for name in names if name in shown}
    if "security_group_rules" in body:
        rules = body["security_group_rules"]
        body["security_group_rules"] = [{name: rule.get(name) for name in RULE} for rule in rules]
    return body


def members(group: Mapping[str, Any], addresses: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of a security group, by id the address groups of members elsewhere that its rules name; ``addresses`` by id."""
    return {id_: sorted(addresses[id_]) for id_ in named_members([group]) if id_ in addresses}


def named_members(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the address groups of members elsewhere that the groups' rules name."""
    rules = (rule for group in groups for rule in group["security_group_rules"])
    named = {rule.get("remote_address_group_id") for rule in rules}
    return sorted(id_ for id_ in named if group_members.is_ours(id_))
