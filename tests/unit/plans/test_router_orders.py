"""Every order of a router's gateway, interfaces, first instances and floating IP, carried out step by step.

The planner and the changes are the real ones; the regions are a model that refuses what Neutron refuses.
"""

import dataclasses
import itertools
from typing import Any

from tests.unit.plans.router_region import Region
from tests.unit.plans.router_worlds import PROJECT, Central, port
from tricircle.domain.routers import DesiredGateway, DesiredRouter, FloatingIp, Gateway
from tricircle.plans import routers
from tricircle.plans.router_changes import changes

ONE, TWO = "Region1", "Region2"
OUTSIDE = port("gateway", "external-200", [(200, 4)], 9)
FLOATING = FloatingIp("floating", PROJECT, port("floating-port", "external-200", [(200, 4)], 20), "10.0.1.20", "vm")

STEPS: dict[str, dict[str, Any]] = {
    "interface one": {"interfaces": (port("port-1-4", "network-1", [(1, 4)], 1),)},
    "interface two": {"interfaces": (port("port-2-4", "network-2", [(2, 4)], 1),)},
    "first instance": {"presence": {"network-1": frozenset({ONE})}},
    "instance elsewhere": {"presence": {"network-2": frozenset({TWO})}},
    "gateway": {"gateways": (DesiredGateway(TWO, Gateway(OUTSIDE, True)),)},
    "floating IP": {"floating_ips": (FLOATING,)},
}


def accepted(order):
    """A floating IP is given to a port that the router reaches, by a gateway that is there."""
    return order.index("floating IP") > max(order.index("gateway"), order.index("interface one"))


def taken(desired, step):
    for field, value in STEPS[step].items():
        before = getattr(desired, field)
        desired = dataclasses.replace(desired, **{field: before | value if field == "presence" else (*before, *value)})
    return desired


def walk(order):
    """What the regions have at the end."""
    desired, central, regions = DesiredRouter("router", PROJECT), Central(), {ONE: Region(None), TWO: Region(None)}
    for step in order:
        desired = taken(desired, step)
        planned = routers.plan(desired, central.reserve(desired))
        for name, region in regions.items():
            region.apply(changes(planned.get(name), region.router))
            assert changes(planned.get(name), region.router) == []
    return {name: region.router for name, region in regions.items()}


def test_every_order_ends_in_the_same_state():
    orders = [order for order in itertools.permutations(STEPS) if accepted(order)]
    assert len(orders) == 240
    ends = [walk(order) for order in orders]
    assert ends[0][TWO].gateway.interface == OUTSIDE
    assert ends[0][TWO].floating_ips == {FLOATING}
    assert all(end == ends[0] for end in ends)
