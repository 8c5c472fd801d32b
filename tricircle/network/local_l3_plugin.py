"""Service plugin ``router`` of a region's Neutron: the real L3 plugin, which also has parts of central routers."""

import functools
from collections.abc import Collection
from typing import Any, cast

from neutron.objects import router as l3_obj
from neutron_lib.api import validators
from neutron_lib.api.definitions import l3 as l3_def
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from neutron_lib.services import base as service_base
from neutron_lib.utils import runtime
from oslo_config import cfg
from oslo_db import exception as db_exc

from tricircle import conf as tricircle_conf
from tricircle.db.neutron import copies, reports
from tricircle.domain import routers
from tricircle.domain.jsons import Json
from tricircle.network import exceptions
from tricircle.network._real_plugin import RealL3Plugin, class_over
from tricircle.network.extensions import _base, router_copy
from tricircle.network.local import assembly
from tricircle.network.local.copies import unasking
from tricircle.network.local.routers import RouterCopies


class TricircleL3Plugin(RealL3Plugin):
    """L3 service plugin of a region's Neutron. Its instances are instances of ``[tricircle] real_l3_plugin`` too."""

    def __new__(cls) -> Any:
        """An instance of this class over the configured real L3 plugin."""
        if issubclass(cls, service_base.ServicePluginBase):
            return super().__new__(cls)
        tricircle_conf.register_tricircle_opts(cfg.CONF)
        real = runtime.load_class_by_alias_or_classname("neutron.service_plugins", cfg.CONF.tricircle.real_l3_plugin)
        whole = class_over(cast(Any, cls), real)
        return whole.__new__(whole)

    def __init__(self) -> None:
        """The core plugin, which is there already, knows the region's backend."""
        super().__init__()
        directory.get_plugin().backend.attach_routers(self)

    @functools.cached_property
    def _parts(self) -> RouterCopies:
        """Made with the first request, in a region that is joined to central."""
        core = directory.get_plugin()
        return assembly.assemble_routers(core, self, core.components)

    @property
    def supported_extension_aliases(self) -> list[str]:
        """The real plugin's, and ours."""
        return [*super().supported_extension_aliases, router_copy.Router_copy.ALIAS]

    # The extension for central's jobs.

    def get_router_copy(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The part as it is. Neutron's API asks for it before each update."""
        part = self._parts.observe(unasking(context), id)
        return {"id": id, "router": routers.to_json(part) if part else None}

    def update_router_copy(self, context: Any, id: str, router_copy: Json) -> Json:
        """Make the part what central says."""
        body = router_copy["router_copy"]
        desired, view = _base.sent(body, "router"), body.get("view")
        admin = unasking(context)
        if view:
            directory.get_plugin().components.copies.make(admin, view)
        try:
            self._parts.follow(admin, id, routers.from_json(desired) if desired else None)
        except db_exc.DBReferenceError as error:
            raise exceptions.Vanishing(resource="Router", id=id) from error
        return {**self.get_router_copy(context, id), "nonce": body.get("nonce", "")}

    def observe_copies(self, context: Any, ids: Collection[str]) -> dict[str, routers.RegionalRouter]:
        """The parts as they are, by id, with the same queries however many; what is not here is left out."""
        return self._parts.observe_all(unasking(context), ids)

    # What the backend tells.

    def update_floatingip_status(self, context: Any, floatingip_id: str, status: str) -> Any:
        """As Neutron; central hears of what is its."""
        before = l3_obj.FloatingIP.get_object(context, id=floatingip_id)
        answer = super().update_floatingip_status(context, floatingip_id, status)
        router_id = before and (before.router_id or before.last_known_router_id)
        if router_id and before.status != status and copies.is_copy(context, router_id):
            with db_api.CONTEXT_WRITER.using(context):
                reports.record(context, floatingip_id, resource_type=reports.FLOATING_IP)
            directory.get_plugin().components.reporter.wake()
        return answer

    # Parts follow central alone.

    def create_router(self, context: Any, router: Json) -> Json:
        """As Neutron; a gateway may be on a network of central's that is not here yet."""
        self._bring_outside(context, router["router"])
        return super().create_router(context, router)

    def update_router(self, context: Any, id: str, router: Json) -> Json:
        """As Neutron; a gateway may be on a network of central's that is not here yet."""
        self._refuse_tenant(context, id, "update")
        self._bring_outside(context, router["router"])
        return super().update_router(context, id, router)

    def delete_router(self, context: Any, id: str) -> None:
        """As Neutron."""
        self._refuse_tenant(context, id, "delete")
        super().delete_router(context, id)

    def add_router_interface(self, context: Any, router_id: str, interface_info: Json | None = None) -> Json:
        """As Neutron."""
        self._refuse_tenant(context, router_id, "add interfaces to")
        return super().add_router_interface(context, router_id, interface_info)

    def remove_router_interface(self, context: Any, router_id: str, interface_info: Json) -> Json:
        """As Neutron."""
        self._refuse_tenant(context, router_id, "remove interfaces of")
        return super().remove_router_interface(context, router_id, interface_info)

    def create_floatingip(self, context: Any, floatingip: Json) -> Json:
        """As Neutron, on external networks of the region's own."""
        network_id = floatingip["floatingip"]["floating_network_id"]
        _have_network(context, network_id)
        self._refuse_tenant(context, network_id, "create floating IPs of", resource="Network")
        return super().create_floatingip(context, floatingip)

    def update_floatingip(self, context: Any, id: str, floatingip: Json) -> Json:
        """As Neutron."""
        self._refuse_tenant(context, self._network_of(context, id), "change floating IPs of", resource="Network")
        return super().update_floatingip(context, id, floatingip)

    def delete_floatingip(self, context: Any, id: str) -> None:
        """As Neutron."""
        self._refuse_tenant(context, self._network_of(context, id), "delete floating IPs of", resource="Network")
        super().delete_floatingip(context, id)

    @staticmethod
    def _bring_outside(context: Any, router: Json) -> None:
        """Have the external network that the body of a request names: Neutron's own code looks into the tables only."""
        gateway: Any = router.get(l3_def.EXTERNAL_GW_INFO)
        if validators.is_attr_set(gateway) and gateway.get("network_id"):
            _have_network(context, gateway["network_id"])

    def _network_of(self, context: Any, floatingip_id: str) -> str:
        return str(self.get_floatingip(context, floatingip_id)["floating_network_id"])

    @staticmethod
    def _refuse_tenant(context: Any, object_id: str, action: str, resource: str = "Router") -> None:
        if not (context.is_admin or context.is_service_role) and copies.is_copy(context, object_id):
            raise exceptions.ManagedByCentral(resource=resource, id=object_id, action=action)


def _have_network(context: Any, network_id: str) -> None:
    """Have a network, as far as the caller may see it."""
    directory.get_plugin().get_networks(context, filters={"id": [network_id]}, fields=["id"])
