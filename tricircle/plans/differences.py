"""What of a copy differs from what central says. Pure: plain dictionaries in Neutron's shape."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = dict[str, Any]

# Of a DHCP server's port, central has no more to say than this: the rest is its region's.
DHCP_PORT = ("name", "fixed_ips", "mac_address")


def _items(value: Any) -> list[tuple[tuple[str, Any], ...]]:
    """Dictionaries as something that can be compared in any order."""
    return sorted((tuple(sorted(item.items())) for item in value or ()), key=repr)


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return sorted(((pair.get("ip_address"), pair.get("mac_address")) for pair in value or ()), key=repr)


_COMPARED: Mapping[str, Callable[[Any], Any]] = {
    "allocation_pools": _items,
    "host_routes": _items,
    "fixed_ips": _items,
    "extra_dhcp_opts": _items,
    "allowed_address_pairs": _pairs,
    "security_groups": lambda value: sorted(value or ()),
}


def difference(wish: Mapping[str, Any], seen: Mapping[str, Any], fields: Iterable[str]) -> Json:
    """What to change in ``seen`` so that it agrees with ``wish`` in ``fields``, as far as both have them.

    The order of addresses, routes, pools and groups says nothing; that of name servers does.
    """
    changes: Json = {}
    for name in fields:
        if name not in wish or name not in seen:
            continue
        compared = _COMPARED.get(name, lambda value: value)
        if compared(wish[name]) != compared(seen[name]):
            changes[name] = wish[name]
    if "gateway_ip" in changes and "allocation_pools" in wish:
        # Neutron looks at both together: a gateway may not be inside a pool.
        changes["allocation_pools"] = wish["allocation_pools"]
    if "extra_dhcp_opts" in changes:
        changes["extra_dhcp_opts"] = _options(wish["extra_dhcp_opts"], seen["extra_dhcp_opts"])
    return changes


def _options(wish: Iterable[Json], seen: Iterable[Json]) -> list[Json]:
    """Neutron takes an option away that is sent with the value None."""
    wanted = list(wish)
    names = {(option["opt_name"], option.get("ip_version", 4)) for option in wanted}
    gone = [
        {**option, "opt_value": None}
        for option in seen
        if (option["opt_name"], option.get("ip_version", 4)) not in names
    ]
    return wanted + gone


def lowered(mtu: int, limit: int | None) -> int:
    """Central's MTU, or what the region can do where that is less (``limit`` 0 or None: it can do any)."""
    return min(mtu, limit) if limit else mtu
