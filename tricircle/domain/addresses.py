"""The addresses that a region has for itself on a subnet that several regions share."""

import ipaddress
from collections.abc import Iterable, Mapping

Pool = Mapping[str, str]


def without(pools: Iterable[Pool], address: str | None) -> list[dict[str, str]]:
    """Allocation pools (``[{"start", "end"}]``) with ``address`` cut out.

    Neutron refuses a gateway inside a pool; a further region's gateway comes out of one.
    """
    if address is None:
        return [dict(pool) for pool in pools]
    hole = ipaddress.ip_address(address)
    left: list[dict[str, str]] = []
    for pool in pools:
        start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        if start.version != hole.version or not int(start) <= int(hole) <= int(end):
            left.append(dict(pool))
            continue
        if start != hole:
            left.append({"start": str(start), "end": str(hole - 1)})
        if end != hole:
            left.append({"start": str(hole + 1), "end": str(end)})
    return left


def has_room_for_dhcp(cidr: str) -> bool:
    """Whether Neutron lets a DHCP server serve a subnet so small.

    It looks only where the user names the CIDR: a subnet out of a pool may be smaller and have DHCP all the same.
    """
    return ipaddress.ip_network(cidr).num_addresses >= 4
