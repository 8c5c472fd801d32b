"""A project's bridge network meets nobody's, and none of the project's own subnets."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain import bridge_ranges

RANGE = "100.0.0.0/21"  # eight numbers
NUMBERS = st.sets(st.integers(0, 7))
CIDRS = st.builds(
    lambda address, prefix: str(ipaddress.ip_network((address, prefix), strict=False)),
    st.integers(int(ipaddress.ip_address("99.255.248.0")), int(ipaddress.ip_address("100.0.9.255"))),
    st.integers(20, 32),
)


@given(NUMBERS, st.lists(CIDRS, max_size=6))
def test_the_first_number_is_given_that_is_free(taken, avoid):
    number = bridge_ranges.free_number(RANGE, taken, avoid)
    networks = [ipaddress.ip_network(cidr) for cidr in avoid]

    def is_free(candidate):
        cidrs = bridge_ranges.cidrs_of(RANGE, candidate)
        assert cidrs is not None
        cidr = ipaddress.ip_network(cidrs[4])
        return candidate not in taken and not any(cidr.overlaps(network) for network in networks)

    free = [candidate for candidate in range(8) if is_free(candidate)]
    assert number == (free[0] if free else None)


def test_beyond_the_range_there_is_nothing():
    assert bridge_ranges.cidrs_of(RANGE, 8) is None
    assert bridge_ranges.free_number(RANGE, set(range(8)), []) is None


def test_versions_do_not_meet():
    assert bridge_ranges.overlapping(["10.0.0.0/8"], ["fd74:7269:6369::/48"]) is None
    assert bridge_ranges.free_number(RANGE, set(), ["fd74:7269:6369::/64"]) == 1
