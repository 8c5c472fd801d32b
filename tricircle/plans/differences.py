"""What of a copy differs from what central says. Pure: plain dictionaries in Neutron's shape."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.drifts import Difference
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType

# Of a DHCP server's port, central has no more to say than this: the rest is its region's.
DHCP_PORT = ("name", "fixed_ips", "mac_address")


def _items(value: Any) -> list[tuple[tuple[str, Any], ...]]:
    """Dictionaries as something that can be compared in any order."""
    return sorted((tuple(sorted(item.items())) for item in value or ()), key=repr)


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return sorted(((pair.get("ip_address"), pair.get("mac_address")) for pair in value or ()), key=repr)


def _entries(value: Any) -> list[tuple[Any, Any]]:
    """Who may use an object: ids of entries say nothing to whoever uses it."""
    return sorted((entry.get("action"), entry.get("target_project")) for entry in value or ())


def _networks(value: Any) -> list[str]:
    """Addresses of an address group, however they are written."""
    return sorted({str(ipaddress.ip_network(address, strict=False)) for address in value or ()})


_COMPARED: Mapping[str, Callable[[Any], Any]] = {
    "allocation_pools": _items,
    "host_routes": _items,
    "fixed_ips": _items,
    "extra_dhcp_opts": _items,
    "allowed_address_pairs": _pairs,
    "security_groups": lambda value: sorted(value or ()),
    "service_types": lambda value: sorted(value or ()),
    "addresses": _networks,
    "rbac_policies": _entries,
    # Of a rule nothing ever changes: one goes, another comes.
    "security_group_rules": lambda value: sorted(rule["id"] for rule in value or ()),
}
# Who may use a copy, and which addresses the groups that its rules name have: beside the fields of a kind.
BESIDE = ("rbac_policies", "members")
# The highest MTU that the region can give a network, beside the network's own fields.
MTU_LIMIT = "mtu_limit"
# Who bound a port knows its host.
_HOST = "binding:host_id"
_DHCP_OWNER = "network:dhcp"


def difference(desired: Mapping[str, Any], observed: Mapping[str, Any], fields: Iterable[str]) -> Json:
    """What to change in ``observed`` so that it agrees with ``desired`` in ``fields``, as far as both have them.

    The order of addresses, routes, pools and groups says nothing; that of name servers does.
    """
    changes: Json = {}
    for name in fields:
        if name not in desired or name not in observed:
            continue
        compared = _COMPARED.get(name, lambda value: value)
        if compared(desired[name]) != compared(observed[name]):
            changes[name] = desired[name]
    if "gateway_ip" in changes and "allocation_pools" in desired:
        # Neutron looks at both together: a gateway may not be inside a pool.
        changes["allocation_pools"] = desired["allocation_pools"]
    if "extra_dhcp_opts" in changes:
        changes["extra_dhcp_opts"] = _options(desired["extra_dhcp_opts"], observed["extra_dhcp_opts"])
    return changes


def followed(kind: CopiedKind, desired: Mapping[str, Any], observed: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a copy is central's to say at this moment.

    A region decides some fields of a port as soon as it has bound it, and most of those of its DHCP server's.
    """
    if kind.type == ResourceType.PORT and observed.get("device_owner") == _DHCP_OWNER:
        return DHCP_PORT
    bound = desired.get(_HOST) or observed.get(_HOST)
    return (*kind.followed, *(() if bound else kind.regional), *BESIDE)


def unlike(desired: Mapping[str, Any], observed: Mapping[str, Any], fields: Iterable[str]) -> tuple[Difference, ...]:
    """The fields that are not alike, as far as both sides have them; compared as by ``difference``."""
    found = []
    for name in fields:
        if name not in desired or name not in observed:
            continue
        here, there = desired[name], observed[name]
        if name == "mtu":
            here = lowered(here, observed.get(MTU_LIMIT))
        compared = _COMPARED.get(name, lambda value: value)
        if compared(here) != compared(there):
            found.append(Difference(name, *_shown(name, here, there)))
    return tuple(found)


def _shown(name: str, here: Any, there: Any) -> tuple[Any, Any]:
    """Of rules and of members, those alone that one side has: all of them hide what differs."""
    if name == "security_group_rules":
        ids = [{rule["id"] for rule in rules} for rules in (here, there)]
        return [rule for rule in here if rule["id"] not in ids[1]], [rule for rule in there if rule["id"] not in ids[0]]
    if name == "members":
        groups = sorted(group for group in {*here, *there} if here.get(group) != there.get(group))
        return tuple({group: side[group] for group in groups if group in side} for side in (here, there))  # type: ignore[return-value]
    return here, there


def _options(desired: Iterable[Json], observed: Iterable[Json]) -> list[Json]:
    """Neutron takes an option away that is sent with the value None."""
    wanted = list(desired)
    names = {(option["opt_name"], option.get("ip_version", 4)) for option in wanted}
    gone = [
        {**option, "opt_value": None}
        for option in observed
        if (option["opt_name"], option.get("ip_version", 4)) not in names
    ]
    return wanted + gone


def lowered(mtu: int, limit: int | None) -> int:
    """Central's MTU, or what the region can do where that is less (``limit`` 0 or None: it can do any)."""
    return min(mtu, limit) if limit else mtu
