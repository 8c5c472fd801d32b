"""A model of a region's Neutron, as far as it has to do with one router."""

import dataclasses
import ipaddress

from tricircle.domain.routers import RegionalRouter
from tricircle.plans import router_changes


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
        desired = step.router
        self.router = RegionalRouter(
            desired.id,
            desired.name,
            desired.project_id,
            desired.admin_state_up,
            distributed=desired.distributed,
            ha=desired.ha,
        )

    def _update_router(self, step):
        self._set(name=step.name, admin_state_up=step.admin_state_up)

    def _set_kind(self, step):
        assert not self.router.admin_state_up, "router is active"
        self._set(distributed=step.distributed, ha=step.ha)

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

    def _move_interface(self, step):
        (before,) = [known for known in self.router.interfaces if known.port_id == step.interface.port_id]
        assert before.network_id == step.interface.network_id
        rest = self.router.interfaces - {before}
        taken = {fixed.cidr for known in rest for fixed in known.fixed_ips}
        assert not taken & {fixed.cidr for fixed in step.interface.fixed_ips}, "overlap"
        self._set(interfaces=rest | {step.interface})

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
        router_changes.SetKind: _set_kind,
        router_changes.DeleteRouter: _delete_router,
        router_changes.RemoveFloatingIp: _remove_floating_ip,
        router_changes.AddFloatingIp: _add_floating_ip,
        router_changes.RemoveInterface: _remove_interface,
        router_changes.MoveInterface: _move_interface,
        router_changes.AddInterface: _add_interface,
        router_changes.SetGateway: _set_gateway,
        router_changes.SetRoutes: _set_routes,
    }
