"""Parts of central routers in a region: read from its own tables, and changed by its own L3 plugin.

What to change is decided by ``tricircle.plans.router_changes``.
"""

import dataclasses
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from neutron.objects import router as l3_obj
from neutron_lib import constants
from neutron_lib.api import attributes
from neutron_lib.callbacks import events, resources
from neutron_lib.db import api as db_api
from neutron_lib.plugins import utils as plugin_utils
from oslo_concurrency import lockutils
from oslo_db import exception as db_exc

from tricircle.db.neutron import copies
from tricircle.domain.jsons import Json
from tricircle.domain.routers import FloatingIp, Gateway, Interface, RegionalRouter, Route, interface_of
from tricircle.network import call_info, exceptions, neutron_internals
from tricircle.network.local import lost, notices
from tricircle.network.local.backends.base import Backend
from tricircle.network.local.copies import Copies
from tricircle.network.local.real_core import RealCore
from tricircle.plans import router_changes as steps

LOG = logging.getLogger(__name__)

COPY_TYPE = "router"


class RouterCopies:
    """Reads and changes parts. Safe to repeat: what a failure leaves half-way the next call carries on."""

    def __init__(self, plugin: Any, l3_plugin: Any, known: Copies, real: RealCore, backend: Backend) -> None:
        """``plugin`` and ``l3_plugin`` are the region's core and L3 plugin."""
        self._plugin = plugin
        self._copies = known
        self._real = real
        self._l3 = l3_plugin
        self._backend = backend
        self._do: Mapping[type[steps.Change], Callable[[Any, str, Any], None]] = {
            steps.CreateRouter: self._create_router,
            steps.UpdateRouter: self._update_router,
            steps.SetKind: self._set_kind,
            steps.DeleteRouter: self._delete_router,
            steps.RemoveFloatingIp: self._remove_floating_ip,
            steps.AddFloatingIp: self._add_floating_ip,
            steps.RemoveInterface: self._remove_interface,
            steps.MoveInterface: self._move_interface,
            steps.AddInterface: self._add_interface,
            steps.SetGateway: self._set_gateway,
            steps.SetRoutes: self._set_routes,
        }

    def follow(self, admin: Any, router_id: str, desired: RegionalRouter | None) -> None:
        """Make the part ``router_id`` what ``desired`` says; None: take it away."""
        with lockutils.lock(f"tricircle-router-{router_id}"):
            observed = self.observe(admin, router_id)
            if observed is not None and not copies.is_copy(admin, router_id):
                raise exceptions.NotCentrals(resource="Router", id=router_id)
            if desired is not None:
                self._bring(admin, desired)
                desired = self._as_here(admin, desired)
            todo = steps.changes(desired, observed)
            turns = any(isinstance(change, steps.SetKind) for change in todo)
            with self._backend.quiet(admin, router_id, changes_kind=turns):
                for change in todo:
                    LOG.info("Router %s: %s", router_id, steps.describe(change))
                    self._do[type(change)](admin, router_id, change)

    # What is here.

    def observe(self, admin: Any, router_id: str) -> RegionalRouter | None:
        """The part as it is; None if there is none."""
        return self.observe_all(admin, [router_id]).get(router_id)

    def observe_all(self, admin: Any, ids: Collection[str]) -> dict[str, RegionalRouter]:
        """Parts as they are, by id, with the same queries however many; what is not here is left out."""
        # One transaction sees one moment: what a floating IP or a port refers to may be deleted meanwhile.
        with db_api.CONTEXT_READER.using(admin):
            found = neutron_internals.read_routers(self._l3, admin, ids)
            # A port counts when it is wholly the router's: Neutron sets its owner in a transaction before.
            known = [row.id for row, _ in found]
            joined = l3_obj.RouterPort.get_objects(admin, router_id=known) if known else []
            floating = _floating_ips(admin, known) if known else []
            port_ids = [attachment.port_id for attachment in joined] + [item.floating_port_id for item in floating]
            ports = self._ports(admin, port_ids)
            subnets = self._subnets(admin, list(ports.values()))
            return {
                row.id: _part(
                    row,
                    router,
                    [
                        ports[attachment.port_id]
                        for attachment in joined
                        if attachment.router_id == row.id and attachment.port_id in ports
                    ],
                    [(item, ports[item.floating_port_id]) for item in floating if _router_of(item) == row.id],
                    subnets,
                )
                for row, router in found
            }

    def _ports(self, admin: Any, ids: Collection[str]) -> dict[str, Json]:
        found = self._plugin.get_ports(admin, filters={"id": list(ids)}) if ids else []
        return {port["id"]: port for port in found}

    def _subnets(self, admin: Any, ports: Collection[Json]) -> dict[str, Json]:
        ids = sorted({fixed["subnet_id"] for port in ports for fixed in port["fixed_ips"]})
        found = self._plugin.get_subnets(admin, filters={"id": ids}) if ids else []
        return {subnet["id"]: subnet for subnet in found}

    def _bring(self, admin: Any, desired: RegionalRouter) -> None:
        """Have the networks and subnets that the part needs, with one request to central if any is missing."""
        subnet_ids = {fixed.subnet_id for interface in desired.interfaces for fixed in interface.fixed_ips}
        if desired.gateway:
            subnet_ids |= {fixed.subnet_id for fixed in desired.gateway.interface.fixed_ips}
        missing = {
            "network_ids": self._copies.missing(admin, "network", sorted(desired.network_ids)),
            "subnet_ids": self._copies.missing(admin, "subnet", sorted(subnet_ids)),
        }
        if any(missing.values()):
            self._copies.bring(admin, **missing)

    def _as_here(self, admin: Any, desired: RegionalRouter) -> RegionalRouter:
        """A port of another region is none here: the floating IP has its address alone."""
        here = self._ports(admin, [floating.fixed_port_id for floating in desired.floating_ips])
        return dataclasses.replace(
            desired,
            floating_ips=frozenset(
                floating if floating.fixed_port_id in here else dataclasses.replace(floating, fixed_port_id="")
                for floating in desired.floating_ips
            ),
        )

    # What is done.

    def _create_router(self, admin: Any, router_id: str, change: steps.CreateRouter) -> None:
        desired = change.router
        body = {"name": desired.name, "admin_state_up": desired.admin_state_up, **_owned(desired.project_id)}
        info = attributes.AttributeInfo(attributes.RESOURCES["routers"])
        info.fill_post_defaults(body, check_allow_post=False)
        kind = {"distributed": desired.distributed, "ha": desired.ha}
        # First, so that there is never a router of which nothing says that it is central's.
        if copies.is_copy(admin, router_id):
            lost.clear(self._plugin, admin, COPY_TYPE, {"id": router_id})
        copies.ensure(admin, router_id, COPY_TYPE)
        self._l3.create_router(admin, {"router": {**body, **kind, "id": router_id}})

    def _update_router(self, admin: Any, router_id: str, change: steps.UpdateRouter) -> None:
        body = {"name": change.name, "admin_state_up": change.admin_state_up}
        self._l3.update_router(admin, router_id, {"router": body})

    def _set_kind(self, admin: Any, router_id: str, change: steps.SetKind) -> None:
        body = {"distributed": change.distributed, "ha": change.ha}
        self._l3.update_router(admin, router_id, {"router": body})

    def _delete_router(self, admin: Any, router_id: str, change: steps.DeleteRouter) -> None:
        self._l3.delete_router(admin, router_id)
        copies.forget(admin, [router_id])

    def _add_interface(self, admin: Any, router_id: str, change: steps.AddInterface) -> None:
        port = change.interface
        if self._ports(admin, [port.port_id]):
            # What an earlier attempt left half-way.
            self._plugin.delete_port(admin, port.port_id, l3_port_check=False)
        self._real.create_port(admin, _body(port))
        with plugin_utils.delete_port_on_error(self._plugin, admin, port.port_id):
            self._l3.add_router_interface(admin, router_id, {"port_id": port.port_id})

    def _remove_interface(self, admin: Any, router_id: str, change: steps.RemoveInterface) -> None:
        self._l3.remove_router_interface(admin, router_id, {"port_id": change.interface.port_id})

    def _move_interface(self, admin: Any, router_id: str, change: steps.MoveInterface) -> None:
        self._move(admin, change.interface)
        self._backend.router_changed(admin, router_id)

    def _move(self, admin: Any, port: Interface) -> None:
        self._real.update(admin, "port", port.port_id, {"fixed_ips": _fixed_ips(port)})

    def _set_gateway(self, admin: Any, router_id: str, change: steps.SetGateway) -> None:
        desired, observed = change.gateway, self.observe(admin, router_id)
        before = observed.gateway if observed else None
        stays = before and desired and desired.interface.port_id == before.interface.port_id
        if before and desired and stays and desired.interface != before.interface:
            _tell_move(self._l3, admin, router_id, desired)
            self._move(admin, desired.interface)
        elif before and not stays:
            self._l3.update_router(admin, router_id, {"router": {"external_gateway_info": {}}})
        if desired is None:
            return
        if not stays and self._ports(admin, [desired.interface.port_id]):
            # What an earlier attempt left half-way, or whoever deleted the router by hand.
            self._plugin.delete_port(admin, desired.interface.port_id, l3_port_check=False)
        info = _gateway_info(desired)
        identity = {"id": desired.interface.port_id, "mac_address": desired.interface.mac_address}
        with call_info.on(admin, identity=identity):
            self._l3.update_router(admin, router_id, {"router": {"external_gateway_info": info}})

    def _set_routes(self, admin: Any, router_id: str, change: steps.SetRoutes) -> None:
        routes = [{"destination": r.destination, "nexthop": r.nexthop} for r in sorted(change.routes)]
        self._l3.update_router(admin, router_id, {"router": {"routes": routes}})

    def _add_floating_ip(self, admin: Any, router_id: str, change: steps.AddFloatingIp) -> None:
        """As Neutron's own way to create one, but with the ids and addresses that central has given."""
        desired, body = change.floating_ip, _floating_ip_body(change.floating_ip)
        notices.ask(self._l3, resources.FLOATING_IP, events.BEFORE_CREATE, admin, request_body=body)
        port = {
            **_body(desired.outside),
            "device_id": desired.id,
            "device_owner": constants.DEVICE_OWNER_FLOATINGIP,
            "status": constants.PORT_STATUS_NOTAPPLICABLE,
        }
        if desired.outside.port_id not in self._ports(admin, [desired.outside.port_id]):
            self._real.create_port(admin, port)
        try:
            made = _write_floating_ip(self._l3, admin, router_id, desired)
        except db_exc.DBReferenceError:
            if self._ports(admin, [desired.fixed_port_id]):
                raise
            # The instance goes at this moment: for the address alone, until central says more.
            made = _write_floating_ip(self._l3, admin, router_id, dataclasses.replace(desired, fixed_port_id=""))
        notices.tell(
            self._l3,
            resources.FLOATING_IP,
            events.AFTER_CREATE,
            admin,
            desired.id,
            states=(made,),
            metadata={"association_event": True if made["port_id"] else None},
            request_body=body,
        )
        self._backend.router_changed(admin, router_id)

    def _remove_floating_ip(self, admin: Any, router_id: str, change: steps.RemoveFloatingIp) -> None:
        self._l3.delete_floatingip(admin, change.floating_ip.id)
        self._backend.router_changed(admin, router_id)


def _part(
    row: Any,
    router: Json,
    ports: Collection[Json],
    floating: Collection[tuple[Any, Json]],
    subnets: Mapping[str, Json],
) -> RegionalRouter:
    """A router with its ports, and its floating IPs with their outside ports."""
    gateways = [port for port in ports if port["device_owner"] == constants.DEVICE_OWNER_ROUTER_GW]
    return RegionalRouter(
        id=row.id,
        name=router["name"],
        project_id=router["project_id"],
        admin_state_up=router["admin_state_up"],
        # Not every L3 plugin knows other kinds than the plain one.
        distributed=bool(router.get("distributed")),
        ha=bool(router.get("ha")),
        interfaces=frozenset(
            interface_of(port, subnets) for port in ports if port["device_owner"] in constants.ROUTER_INTERFACE_OWNERS
        ),
        routes=frozenset(Route(**route) for route in router["routes"]),
        gateway=Gateway(interface_of(gateways[0], subnets), bool(row.enable_snat)) if gateways else None,
        floating_ips=frozenset(
            FloatingIp(
                id=item.id,
                project_id=item.project_id,
                outside=interface_of(outside, subnets),
                fixed_ip_address=str(item.fixed_ip_address or ""),
                fixed_port_id=item.fixed_port_id or "",
            )
            for item, outside in floating
        ),
    )


def _write_floating_ip(l3: Any, admin: Any, router_id: str, desired: FloatingIp) -> Json:
    """The entry, whose outside port is there; answers it as the L3 plugin shows it.

    :raises DBReferenceError: a port is gone.
    """
    with db_api.CONTEXT_WRITER.using(admin):
        entry = l3_obj.FloatingIP(
            admin,
            id=desired.id,
            project_id=desired.project_id,
            status=constants.FLOATINGIP_STATUS_DOWN,
            floating_network_id=desired.outside.network_id,
            floating_ip_address=desired.outside.fixed_ips[0].ip_address,
            floating_port_id=desired.outside.port_id,
            fixed_ip_address=desired.fixed_ip_address,
            fixed_port_id=desired.fixed_port_id or None,
            router_id=router_id,
            last_known_router_id=router_id,
        )
        entry.create()
        made = neutron_internals.shown_floating_ip(l3, entry)
        notices.tell(
            l3,
            resources.FLOATING_IP,
            events.PRECOMMIT_CREATE,
            admin,
            desired.id,
            desired_state=entry.db_obj,
            states=(_floating_ip_body(desired)["floatingip"],),
        )
    return made


def _tell_move(l3: Any, admin: Any, router_id: str, desired: Gateway) -> None:
    """As Neutron before it gives a gateway other addresses."""
    body = {"external_gateway_info": _gateway_info(desired)}
    row, _ = neutron_internals.read_router(l3, admin, router_id)
    states = (row,)
    notices.ask(l3, resources.ROUTER_GATEWAY, events.BEFORE_UPDATE, admin, request_body=body, states=states)


def _gateway_info(desired: Gateway) -> Json:
    return {
        "network_id": desired.interface.network_id,
        "enable_snat": desired.enable_snat,
        "external_fixed_ips": _fixed_ips(desired.interface),
    }


def _floating_ip_body(desired: FloatingIp) -> Json:
    """What a tenant's request for it would be."""
    return {
        "floatingip": {
            "id": desired.id,
            "floating_network_id": desired.outside.network_id,
            "floating_ip_address": desired.outside.fixed_ips[0].ip_address,
            "fixed_ip_address": desired.fixed_ip_address or None,
            "port_id": desired.fixed_port_id or None,
            **_owned(desired.project_id),
        }
    }


def _floating_ips(admin: Any, ids: Sequence[str]) -> list[Any]:
    """Those of the parts, also where Neutron has taken them off, as it does when their instance's port goes."""
    filters: list[Json] = [{"router_id": ids}, {"last_known_router_id": ids, "router_id": None}]
    return [item for known in filters for item in l3_obj.FloatingIP.get_objects(admin, **known)]


def _router_of(floating: Any) -> str:
    return str(floating.router_id or floating.last_known_router_id)


def _owned(project_id: str) -> Json:
    return {"project_id": project_id, "tenant_id": project_id}


def _fixed_ips(port: Interface) -> list[Json]:
    return [{"subnet_id": fixed.subnet_id, "ip_address": fixed.ip_address} for fixed in port.fixed_ips]


def _body(port: Interface) -> Json:
    return {
        "id": port.port_id,
        "network_id": port.network_id,
        "mac_address": port.mac_address,
        "fixed_ips": _fixed_ips(port),
        # Neutron lets a router's port have any address of a subnet, automatic ones among them.
        "device_owner": constants.DEVICE_OWNER_ROUTER_INTF,
        "device_id": "",
        "name": "",
        "admin_state_up": True,
        **_owned(port.project_id),
    }
