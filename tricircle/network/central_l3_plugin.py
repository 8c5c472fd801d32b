"""L3 service plugin of central Neutron: routers and floating IPs as tenants wish them. Regions carry them out."""

from collections.abc import Collection, Sequence
from typing import Any

from neutron.db import extraroute_db, l3_extra_gws_db, l3_fip_pools_db, l3_fip_port_details
from neutron.db.availability_zone import router as router_az_db
from neutron.db.models import l3 as l3_models
from neutron.quota import resource_registry
from neutron_lib import constants as n_const
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import (
    dvr,
    extraroute,
    extraroute_atomic,
    fip_port_details,
    floatingip_pools,
    l3,
    l3_ext_gw_mode,
    l3_ext_gw_multihoming,
    l3_ext_ha_mode,
    l3_port_ip_change_not_allowed,
    router_admin_state_down_before_update,
    router_availability_zone,
)
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants, directory
from neutron_lib.services import base as service_base
from oslo_config import cfg

from tricircle.db.neutron import floating_ips, router_ports
from tricircle.domain.capabilities import ROUTER_TYPES
from tricircle.domain.jsons import Json
from tricircle.network import neutron_internals
from tricircle.network.central import assembly
from tricircle.network.central.router_types import hints_of
from tricircle.network.extensions import regional_router

PATH = "tricircle.network.central_l3_plugin.TricircleL3Plugin"


@registry.has_registry_receivers
@neutron_internals.native("pagination", "sorting")
class TricircleL3Plugin(  # type: ignore[misc] # Neutron's mixins agree on more than their signatures say
    service_base.ServicePluginBase,
    neutron_internals.FurtherGateways,
    extraroute_db.ExtraRoute_dbonly_mixin,
    l3_extra_gws_db.ExtraGatewaysDbOnlyMixin,
    router_az_db.RouterAvailabilityZoneMixin,
    l3_fip_port_details.Fip_port_details_db_mixin,
    l3_fip_pools_db.FloatingIPPoolsMixin,
):
    """Neutron's own tables and rules, without agents. The core plugin loads it by itself."""

    supported_extension_aliases = [  # noqa: RUF012 - Neutron's way
        l3.ALIAS,
        l3_ext_gw_mode.ALIAS,
        l3_ext_gw_multihoming.ALIAS,
        dvr.ALIAS,
        l3_ext_ha_mode.ALIAS,
        extraroute.ALIAS,
        extraroute_atomic.ALIAS,
        fip_port_details.ALIAS,
        floatingip_pools.ALIAS,
        router_admin_state_down_before_update.ALIAS,
        router_availability_zone.ALIAS,
        l3_port_ip_change_not_allowed.ALIAS,
        regional_router.Regional_router.ALIAS,
    ]

    IP_UPDATE_NOT_ALLOWED_LIST = (n_const.DEVICE_OWNER_ROUTER_INTF,)

    @resource_registry.tracked_resources(router=l3_models.Router, floatingip=l3_models.FloatingIP)
    def __init__(self) -> None:
        """The core plugin is there already."""
        super().__init__()
        core = directory.get_plugin()
        self.components = assembly.assemble_routers(core, self, core.components, cfg.CONF)

    @classmethod
    def get_plugin_type(cls) -> str:
        """Router service."""
        return str(constants.L3)

    def get_plugin_description(self) -> str:
        """One sentence."""
        return "Routers that span regions; each region's Neutron carries out its part"

    # What Neutron's core asks its L3 plugin.

    def router_supports_scheduling(self, context: Any, router_id: str) -> bool:
        """Whether a router is of the kind that Neutron's own agents serve: in its region it is."""
        return True

    def update_router_gw_ports(self, context: Any, network: Json, subnet: Json) -> None:
        """An external network has got a subnet: gateways on it get an address there."""
        neutron_internals.address_gateways(self, context, network, subnet)

    # Where a router may live.

    def validate_availability_zones(self, context: Any, resource_type: str, zones: Sequence[str] | None) -> None:
        """Accept regions and availability zones that pods have.

        :raises AvailabilityZoneNotFound: naming the first hint that is neither.
        """
        directory.get_plugin().validate_availability_zones(context, resource_type, zones)

    def get_router_availability_zones(self, router: Any) -> list[str]:
        """The zones of the regions that have a part of the router."""
        return self.components.routers.zones(router["id"])

    @registry.receives(resources.ROUTER_INTERFACE, [events.BEFORE_CREATE])
    def _check_interface(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        port = payload.metadata["port"]
        self._check(payload, {fixed["subnet_id"] for fixed in port["fixed_ips"]})

    @registry.receives(resources.ROUTER_GATEWAY, [events.BEFORE_CREATE])
    def _check_gateway(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        self._check(payload, None)

    def _check(self, payload: Any, subnet_ids: Collection[str] | None) -> None:
        """See that a network, of which these subnets or all, may be joined to the router."""
        network_id = payload.metadata["network_id"]
        reason = self.components.routers.refusal(payload.context, payload.resource_id, network_id, subnet_ids)
        if reason:
            raise n_exc.BadRequest(resource="router", msg=reason)

    # Of what kind a router may be.

    def create_router(self, context: Any, router: Json) -> Json:
        """As Neutron; a distributed or highly available one where the regions have such."""
        self.components.kinds.check(context, router["router"], hints_of(router["router"]))
        with self.components.events.together(context):
            answer: Json = super().create_router(context, router)
        return answer

    def update_router(self, context: Any, id: str, router: Json) -> Json:
        """As Neutron; a distributed or highly available one where the regions have such."""
        if wanted := ROUTER_TYPES.keys() & router["router"].keys():
            before = self.get_router(context, id)
            changed = {name: router["router"][name] for name in wanted if router["router"][name] != before[name]}
            self.components.kinds.check(context, changed, hints_of(before))
        with self.components.events.together(context):
            answer: Json = super().update_router(context, id, router)
        return answer

    def further_gateways(self, context: Any, router_id: str) -> Collection[str]:
        """Those that a router that is deleted loses first: the first one Neutron takes away with the router."""
        return router_ports.further_gateways(context, router_id)

    # What is joined to a router, and what follows from it.

    def add_router_interface(self, context: Any, router_id: str, interface_info: Json | None = None) -> Json:
        """As Neutron; then the subnets' host routes follow."""
        with self.components.events.together(context):
            answer: Json = super().add_router_interface(context, router_id, interface_info)
            self.components.host_routes.follow(context.elevated(), router_id, set())
        return answer

    def remove_router_interface(self, context: Any, router_id: str, interface_info: Json) -> Json:
        """As Neutron; then host routes follow, and what stood for the interface in further regions goes."""
        with self.components.events.together(context):
            return self._remove_router_interface(context, router_id, interface_info)

    def _remove_router_interface(self, context: Any, router_id: str, interface_info: Json) -> Json:
        admin = context.elevated()
        before = self.components.host_routes.attachments(admin, router_id)
        answer: Json = super().remove_router_interface(context, router_id, interface_info)
        self.components.host_routes.follow(admin, router_id, before)
        subnet_ids = {attachment.subnet_id for attachment in before if attachment.is_gateway} & set(
            answer["subnet_ids"]
        )
        self.components.routers.release_interface(admin, answer["port_id"], sorted(subnet_ids))
        return answer

    # Floating IPs are ACTIVE where a region says so.

    def create_floatingip(
        self, context: Any, floatingip: Json, initial_status: str = n_const.FLOATINGIP_STATUS_DOWN
    ) -> Json:
        """As Neutron; DOWN until a region has it."""
        answer: Json = super().create_floatingip(context, floatingip, initial_status)
        return answer

    def update_floatingip(self, context: Any, id: str, floatingip: Json) -> Json:
        """As Neutron; DOWN where it is associated no more."""
        answer: Json = super().update_floatingip(context, id, floatingip)
        if answer["router_id"] is None:
            floating_ips.clear(context.elevated(), [id])
            answer["status"] = n_const.FLOATINGIP_STATUS_DOWN
        return answer

    def disassociate_floatingips(self, context: Any, port_id: str) -> Any:
        """As Neutron; DOWN then."""
        ids = floating_ips.of_port(context, port_id)
        answer = super().disassociate_floatingips(context, port_id)
        floating_ips.clear(context, ids)
        return answer

    # The extension for the jobs.

    def create_regional_router(self, context: Any, regional_router: Json) -> Json:
        """Answer what of a router regions must have: see the extension."""
        return self.components.routers.answer(context, regional_router["regional_router"])
