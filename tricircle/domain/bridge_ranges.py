"""Which part of the range for bridge networks a project's has. Pure."""

import ipaddress
import itertools
from collections.abc import Collection, Iterable

IPV4_PREFIX = 24
# Bridge networks' IPv6 addresses: a range of unique local addresses of our own, a /64 for each number.
IPV6_RANGE = ipaddress.IPv6Network("fd74:7269:6369::/48")
_NUMBERS = 1 << 16


def cidrs_of(bridge_cidr: str, number: int) -> dict[int, str] | None:
    """By IP version, the CIDR of the bridge network of that number; None beyond the end of ``bridge_cidr``."""
    whole = ipaddress.IPv4Network(bridge_cidr)
    first = int(whole.network_address) + (number << (32 - IPV4_PREFIX))
    if first > int(whole.broadcast_address) or number >= _NUMBERS:
        return None
    second = int(IPV6_RANGE.network_address) + (number << 64)
    return {4: str(ipaddress.IPv4Network((first, IPV4_PREFIX))), 6: str(ipaddress.IPv6Network((second, 64)))}


def overlapping(cidrs: Iterable[str], others: Iterable[str]) -> tuple[str, str] | None:
    """One of the first CIDRs and one of the others that it overlaps; None if none does."""
    theirs = [ipaddress.ip_network(other) for other in others]
    for cidr in cidrs:
        network = ipaddress.ip_network(cidr)
        for other in theirs:
            if network.version == other.version and network.overlaps(other):
                return str(network), str(other)
    return None


def free_number(bridge_cidr: str, taken: Collection[int], avoid: Iterable[str]) -> int | None:
    """The first number that is not taken and whose CIDRs overlap none of ``avoid``; None if there is none left."""
    networks = [ipaddress.ip_network(cidr) for cidr in avoid]
    whole = [ipaddress.ip_network(bridge_cidr), IPV6_RANGE]
    near = [str(one) for one in networks if any(one.version == w.version and one.overlaps(w) for w in whole)]
    for number in itertools.count():
        cidrs = cidrs_of(bridge_cidr, number)
        if cidrs is None:
            return None
        if number not in taken and overlapping(cidrs.values(), near) is None:
            return number
    return None
