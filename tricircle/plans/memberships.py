"""Members of groups as the regions must know them: which addresses are elsewhere, and which have changed.

Pure. Read once, and looked at by one region after the other: but for the list of all, what one region costs depends on
what has changed alone.
"""

import bisect
import datetime
import ipaddress
from collections.abc import Iterable

from tricircle.domain.members import GroupMember
from tricircle.plans import versions


class Members:
    """Of one group: the regions of each address, and what changed when. Addresses are as ``network`` writes them."""

    def __init__(self, members: Iterable[GroupMember] = ()) -> None:
        """Each address of each member."""
        self._regions: dict[str, set[str]] = {}
        self._changes: list[tuple[datetime.datetime, str]] = []
        for member in members:
            address = network(member.address)
            self._regions.setdefault(address, set()).add(member.region_name)
            if member.changed_at is not None:
                self._changes.append((member.changed_at, address))
        self._changes.sort()
        self._hashes, self._only_in = 0, dict[str, int]()
        for address, regions in self._regions.items():
            hashed = versions.hashed(text(address))
            self._hashes += hashed
            for region in regions if len(regions) == 1 else ():
                self._only_in[region] = self._only_in.get(region, 0) + hashed

    def __len__(self) -> int:
        """How many addresses there are, wherever."""
        return len(self._regions)

    def elsewhere(self, region_name: str, among: Iterable[str] | None = None) -> list[str]:
        """Addresses of members in other regions than this: all, or those of some."""
        return [
            address
            for address in (self._regions if among is None else among)
            if self._regions.get(address, set()) - {region_name}
        ]

    def changed_since(self, moment: datetime.datetime) -> set[str]:
        """Addresses of ports that have changed since (naive, UTC)."""
        return {address for _, address in self._changes[bisect.bisect_left(self._changes, (moment, "")) :]}

    def digest(self, region_name: str) -> str:
        """Of all those elsewhere."""
        return versions.total(self._hashes - self._only_in.get(region_name, 0))


def by_group(members: Iterable[GroupMember]) -> dict[str, Members]:
    """Members by their groups' ids."""
    found: dict[str, list[GroupMember]] = {}
    for member in members:
        found.setdefault(member.group_id, []).append(member)
    return {group_id: Members(group) for group_id, group in found.items()}


def network(address: str) -> str:
    """As Neutron writes the addresses of an address group."""
    return str(ipaddress.ip_network(address, strict=False))


def text(address: str) -> str:
    """What is the same of an address in whatever form it is written."""
    parsed = ipaddress.ip_network(address, strict=False)
    return f"{parsed.version} {int(parsed.network_address):x}/{parsed.prefixlen}"


def digest(addresses: Iterable[str]) -> str:
    """Of distinct addresses, in whatever form."""
    return versions.digest(map(text, addresses))
