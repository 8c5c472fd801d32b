"""The difference between a copy and what central says, applied as Neutron applies it, leaves none."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain import copied_kinds
from tricircle.plans import differences

ADDRESS = st.integers(2, 9).map(lambda number: f"10.0.0.{number}")
POOL = st.builds(lambda start: {"start": start, "end": start}, ADDRESS)
OPTION = st.builds(
    lambda name, value, version: {"opt_name": name, "opt_value": value, "ip_version": version},
    st.sampled_from(["mtu", "ntp"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from([4, 6]),
)


def _kind_of_option(option: Any) -> tuple[str, int]:
    return option["opt_name"], option["ip_version"]


SUBNET = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b"]),
        "enable_dhcp": st.booleans(),
        "gateway_ip": st.none() | ADDRESS,
        "allocation_pools": st.lists(POOL, max_size=3),
        "dns_nameservers": st.lists(ADDRESS, max_size=2, unique=True),
        "cidr": st.just("10.0.0.0/24"),
    }
)
PORT = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b"]),
        "security_groups": st.lists(st.sampled_from(["g", "h", "i"]), unique=True),
        "fixed_ips": st.lists(st.builds(lambda ip: {"subnet_id": "s", "ip_address": ip}, ADDRESS), max_size=2),
        "extra_dhcp_opts": st.lists(OPTION, max_size=3, unique_by=_kind_of_option),
        "device_id": st.sampled_from(["", "vm"]),
    }
)


def applied(observed, changes):
    """What Neutron makes of a PUT: values replace, DHCP options come and go one by one."""
    result = {**observed, **changes}
    if "extra_dhcp_opts" in changes:
        options = {
            (o["opt_name"], o["ip_version"]): o for o in (*observed["extra_dhcp_opts"], *changes["extra_dhcp_opts"])
        }
        result["extra_dhcp_opts"] = [option for option in options.values() if option["opt_value"] is not None]
    return result


@given(SUBNET, SUBNET)
def test_of_subnets(desired, observed):
    changes = differences.difference(desired, observed, copied_kinds.SUBNET.followed)
    assert not differences.difference(desired, applied(observed, changes), copied_kinds.SUBNET.followed)
    assert changes.keys() <= set(copied_kinds.SUBNET.followed)
    if "gateway_ip" in changes:
        assert changes["allocation_pools"] == desired["allocation_pools"]


@given(PORT, PORT)
def test_of_ports(desired, observed):
    changes = differences.difference(desired, observed, copied_kinds.PORT.followed)
    assert not differences.difference(desired, applied(observed, changes), copied_kinds.PORT.followed)
    assert "device_id" not in changes


@given(SUBNET)
def test_the_same_in_another_order_is_no_change(subnet):
    other = {**subnet, "allocation_pools": subnet["allocation_pools"][::-1]}
    assert differences.difference(subnet, other, copied_kinds.SUBNET.followed) == {}


def test_what_one_side_does_not_have_is_left_alone():
    fields = copied_kinds.NETWORK.followed
    assert differences.difference({"name": "a", "dns_domain": "x."}, {"name": "a", "mtu": 1}, fields) == {}


@given(st.integers(68, 9000), st.none() | st.integers(0, 9000))
def test_an_mtu_is_never_above_the_limit(mtu, limit):
    lowered = differences.lowered(mtu, limit)
    assert lowered == mtu or lowered == limit < mtu
