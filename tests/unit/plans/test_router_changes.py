"""Changes of a region's part of a router, carried out on a model that refuses what Neutron refuses."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plans.router_region import Region
from tests.unit.plans.router_worlds import Central, desired_routers
from tricircle.domain.routers import FixedIp, FloatingIp, Gateway, Interface, RegionalRouter, Route
from tricircle.plans import router_changes, routers
from tricircle.plans.router_changes import changes


@st.composite
def parts(draw):
    desired = draw(desired_routers(max_networks=4))
    planned = list(routers.plan(desired, Central().reserve(desired)).values())
    part = draw(st.sampled_from([*planned, None]) if planned else st.none())
    return part and dataclasses.replace(part, id=draw(st.sampled_from(["router-a", "router-b"])))


@given(parts(), parts())
def test_whatever_there_was_becomes_the_wish_in_an_order_that_neutron_takes(desired, observed):
    after = Region(observed).apply(changes(desired, observed))
    assert after == desired
    assert changes(desired, after) == []


@given(parts())
def test_nothing_is_done_to_what_is_right(part):
    assert changes(part, part) == []


@given(desired_routers())
def test_one_more_subnet_changes_each_region_by_one_interface_or_by_its_routes(desired):
    if not desired.interfaces:
        return
    central = Central()
    less = dataclasses.replace(desired, interfaces=desired.interfaces[:-1])
    before, after = (routers.plan(item, central.reserve(item)) for item in (less, desired))
    for region in before.keys() & after.keys():
        kinds = [type(step) for step in changes(after[region], before[region])]
        added = [kind for kind in kinds if kind is router_changes.AddInterface]
        # Its own, and the bridge where there was none.
        assert len(added) <= 2
        assert kinds.count(router_changes.SetRoutes) <= 1
        assert not {router_changes.RemoveInterface, router_changes.SetGateway} & set(kinds)


def test_changes_are_told_in_a_line_each():
    inside = Interface("i", "net", "fa:16:3e:00:00:01", (FixedIp("s", "10.0.0.1", "10.0.0.0/24"),))
    outside = Interface("g", "out", "fa:16:3e:00:00:02", (FixedIp("x", "203.0.113.2", "203.0.113.0/24"),))
    floating = dataclasses.replace(outside, port_id="f", fixed_ips=(FixedIp("x", "203.0.113.9", "203.0.113.0/24"),))
    part = RegionalRouter(
        id="part",
        name="router",
        project_id="p",
        interfaces=frozenset({inside}),
        routes=frozenset({Route("10.9.0.0/24", "10.0.0.9"), Route("10.8.0.0/24", "10.0.0.8")}),
        gateway=Gateway(outside, enable_snat=False),
        floating_ips=frozenset({FloatingIp("fip", "p", floating, "10.0.0.5", "vm")}),
    )
    assert [router_changes.describe(change) for change in changes(part, None)] == [
        "create router part of router",
        "set gateway g 203.0.113.2 on network out, without SNAT",
        "add interface i 10.0.0.1 on network net",
        "set routes 10.8.0.0/24 via 10.0.0.8, 10.9.0.0/24 via 10.0.0.9",
        "add floating ip f 203.0.113.9 on network out to 10.0.0.5",
    ]
    down = dataclasses.replace(part, admin_state_up=False, routes=frozenset())
    assert [router_changes.describe(change) for change in changes(down, part)] == [
        "update router name=router admin_state_up=False",
        "set routes none",
    ]
    assert router_changes.describe(changes(None, part)[-1]) == "delete router"
