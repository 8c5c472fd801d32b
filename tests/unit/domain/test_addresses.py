import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain import addresses

NET = int(ipaddress.ip_address("10.0.0.0"))


def members(pools):
    return {
        n for p in pools for n in range(int(ipaddress.ip_address(p["start"])), int(ipaddress.ip_address(p["end"])) + 1)
    }


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=4), st.integers(0, 80))
def test_pools_lose_the_address_and_nothing_else(spans, offset):
    pools = [
        {"start": str(ipaddress.ip_address(NET + a)), "end": str(ipaddress.ip_address(NET + a + n))} for a, n in spans
    ]
    address = str(ipaddress.ip_address(NET + offset))
    assert members(addresses.without(pools, address)) == members(pools) - {NET + offset}


def test_no_address_leaves_the_pools():
    pools = [{"start": "10.0.0.2", "end": "10.0.0.9"}]
    assert addresses.without(pools, None) == pools


def test_a_dhcp_server_needs_room():
    assert [addresses.has_room_for_dhcp(f"10.0.0.0/{length}") for length in (29, 30, 31, 32)] == [True] * 2 + [
        False
    ] * 2
    assert [addresses.has_room_for_dhcp(f"fd00::/{length}") for length in (64, 126, 127, 128)] == [True] * 2 + [
        False
    ] * 2


def test_a_pool_of_one_address_goes():
    assert addresses.without([{"start": "fd00::5", "end": "fd00::5"}], "fd00::5") == []
