"""Rules with a remote group, across regions: what a region adds to them for the members that live elsewhere.

A region's own members are covered by the rule itself. For the others each such rule gets a *companion*: the same rule,
but with an address group in place of the remote group, which holds the addresses that the group's members have in other
regions. So a change of members is one change of one address group, however many rules and ports there are.

Both are there from the beginning, and stay when there is no member elsewhere: Neutron's agents never again accept an
object whose id was once deleted. Their ids follow from the rule's, the group's and the project's.

Pure: what decides here is plain data.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tricircle.domain.jsons import Json

# Owner of the address groups: nobody, so that no tenant lists them.
PROJECT_ID = "tricircle"
# Ids of ours begin so and are of UUID version 5, which Neutron makes none of: they are told apart without asking.
_PREFIX = "7269636c"
# The same, as SQL's LIKE looks for it.
LIKE_OURS = f"{_PREFIX}-____-5%"
_NAMESPACE = uuid.UUID("7269636c-6500-5000-8000-000000000000")


def address_group_id(group_id: str, project_id: str) -> str:
    """The id of the address group of ``group_id``'s members elsewhere, for the rules of ``project_id``.

    Each project has its own: it is brought up to date by that project's job alone, so that no two jobs race for it.
    """
    return _derived(f"{group_id} {project_id}")


def companion_id(rule_id: str) -> str:
    """The id of the companion of a rule."""
    return _derived(rule_id)


def is_ours(object_id: str | None) -> bool:
    """Whether the id is one of a companion, or of an address group of members."""
    return bool(object_id) and str(object_id).startswith(_PREFIX) and str(object_id)[14:15] == "5"


def _derived(name: str) -> str:
    return _PREFIX + str(uuid.uuid5(_NAMESPACE, name))[len(_PREFIX) :]


def regional(groups: Iterable[Mapping[str, Any]]) -> tuple[list[Json], dict[str, str]]:
    """Security groups as regions shall have them, and the address groups that they name then: remote groups by id.

    ``groups`` have ``project_id`` and ``security_group_rules``; the result does not share the lists of rules.
    """
    extended: list[Json] = []
    address_groups: dict[str, str] = {}
    for group in groups:
        named = [rule for rule in group["security_group_rules"] if rule.get("remote_group_id")]
        for rule in named:
            address_groups[address_group_id(rule["remote_group_id"], group["project_id"])] = rule["remote_group_id"]
        companions = [_companion(rule, group["project_id"]) for rule in named]
        extended.append({**group, "security_group_rules": [*group["security_group_rules"], *companions]})
    return extended, dict(sorted(address_groups.items()))


def _companion(rule: Mapping[str, Any], project_id: str) -> Json:
    return {
        **rule,
        "id": companion_id(rule["id"]),
        "remote_group_id": None,
        "remote_address_group_id": address_group_id(rule["remote_group_id"], project_id),
        "description": f"members of {rule['remote_group_id']} in other regions",
    }


def address_group(id_: str, group_id: str, addresses: Iterable[str]) -> Json:
    """The address group ``id_`` of such members of ``group_id``."""
    return {
        "id": id_,
        "name": f"members of {group_id} in other regions",
        "description": "",
        "project_id": PROJECT_ID,
        "addresses": sorted(addresses),
    }


def visible(rules: Sequence[Json]) -> list[Json]:
    """The rules without companions: what a tenant made."""
    return [rule for rule in rules if not is_ours(rule.get("id"))]
