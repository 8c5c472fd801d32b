"""Core plugin of central Neutron: ML2 that knows regions.

Central takes tenants' wishes and gives out every identity. Regions and jobs ask it by extensions of its API
(``network.extensions``).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from neutron.plugins.ml2 import plugin as ml2_plugin
from neutron_lib import context as n_context
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.exceptions import availability_zone as az_exc
from neutron_lib.plugins import constants, directory
from oslo_config import cfg

from tricircle.db.neutron import models as _models  # noqa: F401 - the tables belong to Neutron's metadata
from tricircle.domain import placement
from tricircle.domain.jsons import Json
from tricircle.domain.wire import View
from tricircle.network import (
    central_l3_plugin,
    cluster,
    extensions,
    neutron_internals,
    policy_init,
)
from tricircle.network.central import administration, assembly, config, copied_changes, views
from tricircle.network.central.address_groups import AddressGroups
from tricircle.network.central.administration import Administration
from tricircle.network.central.bindings import Bindings
from tricircle.network.central.deletes import Deletes
from tricircle.network.central.port_regions import PortRegions
from tricircle.network.central.rbac import RbacChanges
from tricircle.network.central.visibility import HiddenReservations, hide_reservations
from tricircle.network.extensions import desired_copy, regional_audit, regional_report, regional_view, remote_endpoint
from tricircle.network.periodic import Periodic
from tricircle.network.reserved import ReservedMark

# Seconds between two looks for what a crash has left: changes that are no jobs yet, networks that nobody uses.
SWEEP_INTERVAL = 10


@neutron_internals.native("bulk", "pagination", "sorting")
class TricirclePlugin(
    Administration,
    PortRegions,
    HiddenReservations,
    ReservedMark,
    Bindings,
    Deletes,
    AddressGroups,
    RbacChanges,
    ml2_plugin.Ml2Plugin,
):
    """``core_plugin`` of central Neutron."""

    def __init__(self) -> None:
        """Put the ``[tricircle]`` options in force, then start ML2."""
        extensions.register()
        config.apply(cfg.CONF)
        config.add_service_plugin(cfg.CONF, central_l3_plugin.PATH)
        super().__init__()
        policy_init.prepare()
        cluster.see_everything(cfg.CONF)
        hide_reservations()
        # What the mixins work with has the names that they say; all else is for whoever has the plugin.
        self.components = components = assembly.assemble(self, cfg.CONF)
        self._records, self._outbox, self._addresses = components.records, components.outbox, components.addresses
        self._regional_bindings, self._regional_pods = components.bindings, components.regional_pods
        self._tombstones, self._releases = components.tombstones, components.releases
        neutron_internals.mechanism_driver(self, config.MECHANISM_DRIVER).use(components.outbox)
        copied_changes.record_all(self, constants.CORE, components.outbox)
        registry.subscribe(self._record_service_plugins, resources.PROCESS, events.AFTER_INIT)
        self.add_worker(Periodic("changes", self.sweep, SWEEP_INTERVAL))

    def _record_service_plugins(self, *_: Any, **__: Any) -> None:
        """Copied kinds that the core plugin does not serve: when Neutron has made the plugins that do."""
        for service, plugin in directory.get_plugins().items():
            if service != constants.CORE:
                copied_changes.record_all(plugin, service, self.components.outbox)

    def sweep(self) -> None:
        """See to what a crash has left."""
        self.components.sweep(n_context.get_admin_context())

    @property
    def supported_extension_aliases(self) -> list[str]:
        """ML2's, and ours."""
        return [
            *super().supported_extension_aliases,
            regional_view.Regional_view.ALIAS,
            regional_report.Regional_report.ALIAS,
            regional_audit.Regional_audit.ALIAS,
            desired_copy.Desired_copy.ALIAS,
            remote_endpoint.Remote_endpoint.ALIAS,
            *administration.ALIASES,
        ]

    # Availability zones are the pods'.

    def validate_availability_zones(
        self, context: Any, resource_type: str, availability_zones: Sequence[str] | None
    ) -> None:
        """Accept regions and availability zones that pods have.

        :raises AvailabilityZoneNotFound: naming the first hint that is neither.
        """
        if not availability_zones:
            return
        unknown = placement.unknown_hints(availability_zones, self._records.pods())
        if unknown:
            raise az_exc.AvailabilityZoneNotFound(availability_zone=unknown[0])

    def get_availability_zones(
        self, context: Any, filters: Mapping[str, Collection[str]] | None = None, *_: Any, **__: Any
    ) -> list[Json]:
        """Every availability zone of the pods, for networks and routers; ``filters`` by any of the fields."""
        zones = {pod.az_name for pod in self._records.pods() if not pod.is_central}
        # The project is the caller's, as in Neutron: policies need one.
        found = [
            {"name": zone, "resource": resource, "state": "available", "project_id": context.project_id}
            for zone in sorted(zones)
            for resource in ("network", "router")
        ]
        return [zone for zone in found if all(zone.get(name) in wanted for name, wanted in (filters or {}).items())]

    # The extensions for regions.

    def create_regional_view(self, context: Any, regional_view: Json) -> View:
        """Answer what a region needs: see the extension."""
        (view,) = self.components.views.answer(context, [regional_view["regional_view"]])
        return view

    def create_regional_view_bulk(self, context: Any, regional_views: Json) -> list[View]:
        """The same for several regions, in the same order."""
        return self.components.views.answer(
            context, [item["regional_view"] for item in regional_views["regional_views"]]
        )

    def create_regional_report(self, context: Any, regional_report: Json) -> Json:
        """Write down what a region tells: see the extension."""
        return self.components.reports.apply(context, regional_report["regional_report"])

    def create_regional_audit(self, context: Any, regional_audit: Json) -> Json:
        """Compare a region's copies with what is here: see the extension."""
        return self.components.audits.apply(context, regional_audit["regional_audit"])

    def create_desired_copy(self, context: Any, desired_copy: Json) -> Json:
        """Say how a region should have objects: see the extension."""
        return self.components.desired.answer(context, desired_copy["desired_copy"])

    def get_remote_endpoints(
        self, context: Any, filters: Json | None = None, fields: list[str] | None = None, **_: Any
    ) -> list[Json]:
        """The remote endpoints of networks (``id``) as a region (``region_name``) must know them.

        Both filters are needed.
        """
        filters = filters or {}
        regions = filters.get("region_name") or []
        return [
            self._remote_endpoints_of(context, network_id, region)
            for network_id in filters.get("id") or []
            for region in regions
        ]

    def get_remote_endpoint(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """Every located port's endpoints on the network, whatever the region."""
        self.get_network(context.elevated(), id, fields=["id"])
        return self._remote_endpoints_of(context, id, "")

    @staticmethod
    def _remote_endpoints_of(context: Any, network_id: str, region_name: str) -> Json:
        found = views.remote_endpoints_of(context.elevated(), [network_id], region_name)
        return {"id": network_id, "region_name": region_name, "endpoints": found[network_id]}
