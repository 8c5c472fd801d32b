"""Changes of a region's part of a router, carried out on a model that refuses what Neutron refuses."""

import dataclasses
import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.reconcile.router_worlds import Central, wishes
from tricircle.domain.routers import RegionalRouter
from tricircle.reconcile import router_changes, routers
from tricircle.reconcile.router_changes import changes


class Region:
    """A region's router as Neutron keeps it."""

    def __init__(self, router):
        self.router = router

    def apply(self, steps):
        for step in steps:
            self.ACTIONS[type(step)](self, step)
        return self.router

    def _set(self, **values):
        self.router = dataclasses.replace(self.router, **values)
        for route in self.router.routes:
            assert self._reaches(route.nexthop), f"{route} is not connected with the router"

    def _reaches(self, address):
        gateway = self.router.gateway
        ports = [*self.router.interfaces, *([gateway.interface] if gateway else [])]
        assert address not in {fixed.ip_address for port in ports for fixed in port.fixed_ips}
        cidrs = [ipaddress.ip_network(fixed.cidr) for port in ports for fixed in port.fixed_ips]
        return any(ipaddress.ip_address(address) in cidr for cidr in cidrs)

    def _create_router(self, step):
        assert self.router is None
        wish = step.router
        self.router = RegionalRouter(
            wish.id, wish.name, wish.project_id, wish.admin_state_up, distributed=wish.distributed, ha=wish.ha
        )

    def _update_router(self, step):
        self._set(name=step.name, admin_state_up=step.admin_state_up)

    def _delete_router(self, step):
        assert not (self.router.interfaces or self.router.gateway or self.router.floating_ips), "router in use"
        self.router = None

    def _remove_floating_ip(self, step):
        assert step.floating_ip in self.router.floating_ips
        self._set(floating_ips=self.router.floating_ips - {step.floating_ip})

    def _add_floating_ip(self, step):
        floating = step.floating_ip
        assert self.router.gateway.interface.network_id == floating.outside.network_id
        assert floating.id not in {known.id for known in self.router.floating_ips}
        self._set(floating_ips=self.router.floating_ips | {floating})

    def _remove_interface(self, step):
        assert step.interface in self.router.interfaces
        self._set(interfaces=self.router.interfaces - {step.interface})

    def _add_interface(self, step):
        assert step.interface.port_id not in {known.port_id for known in self.router.interfaces}
        taken = {fixed.cidr for known in self.router.interfaces for fixed in known.fixed_ips}
        assert not taken & {fixed.cidr for fixed in step.interface.fixed_ips}, "overlap"
        self._set(interfaces=self.router.interfaces | {step.interface})

    def _set_gateway(self, step):
        before = self.router.gateway
        if before and (step.gateway is None or step.gateway.interface != before.interface):
            assert not self.router.floating_ips, "gateway in use by floating IPs"
        self._set(gateway=step.gateway)

    def _set_routes(self, step):
        self._set(routes=step.routes)

    ACTIONS = {  # noqa: RUF012 - by kind of change
        router_changes.CreateRouter: _create_router,
        router_changes.UpdateRouter: _update_router,
        router_changes.DeleteRouter: _delete_router,
        router_changes.RemoveFloatingIp: _remove_floating_ip,
        router_changes.AddFloatingIp: _add_floating_ip,
        router_changes.RemoveInterface: _remove_interface,
        router_changes.AddInterface: _add_interface,
        router_changes.SetGateway: _set_gateway,
        router_changes.SetRoutes: _set_routes,
    }


@st.composite
def parts(draw):
    wish = draw(wishes(max_networks=4))
    planned = list(routers.plan(wish, Central().reserve(wish)).values())
    part = draw(st.sampled_from([*planned, None]) if planned else st.none())
    return part and dataclasses.replace(part, id=draw(st.sampled_from(["router-a", "router-b"])))


@given(parts(), parts())
def test_whatever_there_was_becomes_the_wish_in_an_order_that_neutron_takes(wish, seen):
    after = Region(seen).apply(changes(wish, seen))
    assert after == wish
    assert changes(wish, after) == []


@given(parts())
def test_nothing_is_done_to_what_is_right(part):
    assert changes(part, part) == []


@given(wishes())
def test_one_more_subnet_changes_each_region_by_one_interface_or_by_its_routes(wish):
    if not wish.interfaces:
        return
    central = Central()
    less = dataclasses.replace(wish, interfaces=wish.interfaces[:-1])
    before, after = (routers.plan(item, central.reserve(item)) for item in (less, wish))
    for region in before.keys() & after.keys():
        kinds = [type(step) for step in changes(after[region], before[region])]
        added = [kind for kind in kinds if kind is router_changes.AddInterface]
        # Its own, and the bridge where there was none.
        assert len(added) <= 2
        assert kinds.count(router_changes.SetRoutes) <= 1
        assert not {router_changes.RemoveInterface, router_changes.SetGateway} & set(kinds)
