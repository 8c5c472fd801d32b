"""Parts of routers as they should be, planned out of what is reserved already: nothing is reserved or recorded."""

from collections.abc import Collection, Sequence
from typing import Any

from neutron_lib import exceptions
from neutron_lib.plugins import constants, directory

from tricircle.db.neutron import router_ports
from tricircle.domain.pods import Pod
from tricircle.domain.routers import Interface, RegionalRouter
from tricircle.network.central.addresses import RegionalAddresses, Subnet
from tricircle.network.central.bridges import Bridges
from tricircle.network.central.records import Records
from tricircle.network.central.reservations import Reservations
from tricircle.network.central.router_reader import RouterReader
from tricircle.network.central.routers import RegionalRouters
from tricircle.network.central.views import RegionalViews
from tricircle.plans import routers as planner


class DesiredRouters:
    """Plans parts, for whoever only looks. The L3 plugin is loaded after the core plugin, and so found at first use."""

    def __init__(
        self,
        plugin: Any,
        records: Records,
        *,
        addresses: RegionalAddresses,
        bridges: Bridges,
        reservations: Reservations,
        views: RegionalViews,
        default_external_region: str,
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        self._addresses = addresses
        self._bridges = bridges
        self._reservations = reservations
        self._views = views
        self._external = default_external_region

    def of_pod(self, admin: Any, pod: Pod, router_ids: Collection[str]) -> dict[str, tuple[str, RegionalRouter | None]]:
        """By id of the routers that central has and of which the pod's part can be planned: project id, and the part.

        None: there should be none. Where another region's part still waits for its place on the bridge network, the
        routes are not known yet; the job that reserves it is on its way.
        """
        reader = RouterReader(self._plugin, directory.get_plugin(constants.L3), self._records, self._external)
        planned = _Planned(
            self._plugin,
            reader,
            self._records,
            reservations=self._reservations,
            addresses=_Known(self._addresses),
            bridges=self._bridges,
            views=self._views,
        )
        found = {}
        for router_id in sorted(router_ids):
            part = planned.part_of(admin, router_id, pod)
            if part is not None:
                found[router_id] = part
        return found


class _Known(RegionalAddresses):
    """Addresses as far as they are reserved."""

    def __init__(self, addresses: RegionalAddresses) -> None:
        """Without the callbacks of the one that reserves."""
        self._known = addresses

    def gateways(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> dict[str, str | None]:
        """As the one that reserves, but for what is missing."""
        return self._known.known_gateways(context, region_name, subnets)


class _Planned(RegionalRouters):
    """The planning of ``RegionalRouters``; what is not reserved counts as what cannot be."""

    def part_of(self, admin: Any, router_id: str, pod: Pod) -> tuple[str, RegionalRouter | None] | None:
        """The project and the part; None where the router is unknown, or its part cannot be planned yet."""
        read, region = self._read(admin, router_id), pod.region_name
        if read is None:
            return None
        project_id = read.desired.project_id or ""
        interfaces: dict[str, Interface] = {}
        if region in read.reached.interfaces:
            read, interfaces = self._regional_interfaces(admin, read, region)
        if region not in read.reached.interfaces:
            return project_id, None
        if not self._is_prepared(admin, router_id, pod, read.reached):
            return None
        return project_id, planner.part(read.desired, self._reserve(admin, read, pod, interfaces), region)

    def _is_prepared(self, admin: Any, router_id: str, pod: Pod, reached: planner.Reach) -> bool:
        """Whether the part has its id, and every region its place on the bridge network: then nothing is reserved."""
        if pod.pod_id not in self._records.parts(router_id):
            return False
        known = router_ports.of_interfaces(admin, [router_id])
        return not reached.is_bridged or all((router_id, name) in known for name in reached.regions)

    def _interface_port(self, admin: Any, read: Any, region: str, interface: Interface) -> str:
        known = router_ports.of_interfaces(admin, [interface.port_id])
        if (interface.port_id, region) not in known:
            raise exceptions.IpAddressGenerationFailure(net_id=interface.network_id)
        return known[interface.port_id, region]
