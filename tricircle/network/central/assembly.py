"""Central's object graph: everything that its two plugins work with, and who gets whom.

Neutron makes the core plugin first, which makes this; then the L3 plugin, which takes its components of it.
"""

import dataclasses
from typing import Any

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.jobs import wakeup
from tricircle.network import exceptions
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.audits import RegionalAudits
from tricircle.network.central.bindings import MAX_WAITING, RegionalBindings
from tricircle.network.central.bridges import Bridges
from tricircle.network.central.desired import DesiredCopies
from tricircle.network.central.desired_routers import DesiredRouters
from tricircle.network.central.findings import FindingStore
from tricircle.network.central.group_events import GroupEvents
from tricircle.network.central.host_routes import HostRoutes
from tricircle.network.central.interface_states import InterfaceStates
from tricircle.network.central.new_lives import NewLives
from tricircle.network.central.outbox import Outbox
from tricircle.network.central.records import Records
from tricircle.network.central.regional_pods import RegionalPods
from tricircle.network.central.releases import RegionalReleases
from tricircle.network.central.remains import Remains
from tricircle.network.central.reports import RegionalReports
from tricircle.network.central.reservations import Reservations
from tricircle.network.central.router_events import RouterEvents
from tricircle.network.central.router_reader import RouterReader
from tricircle.network.central.router_types import RouterTypes
from tricircle.network.central.routers import RegionalRouters
from tricircle.network.central.tombstones import Tombstones
from tricircle.network.central.views import RegionalViews
from tricircle.regions.pods import Regions


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CoreComponents:
    """What the core plugin works with. Those that listen to Neutron's events do so from when they are made."""

    # What is kept of regions, and the way to them.
    records: Records
    outbox: Outbox
    regions: Regions
    # What Neutron says, turned into changes.
    group_events: GroupEvents
    # What central reserves, and the states that follow from what regions tell.
    reservations: Reservations
    addresses: RegionalAddresses
    bridges: Bridges
    interfaces: InterfaceStates
    # What is asked by the API's extensions.
    views: RegionalViews
    reports: RegionalReports
    audits: RegionalAudits
    desired: DesiredCopies
    bindings: RegionalBindings
    tombstones: Tombstones
    regional_pods: RegionalPods
    releases: RegionalReleases

    def sweep(self, admin: Any) -> None:
        """See to what a crash has left, or time."""
        self.outbox.sweep()
        self.bridges.sweep(admin)
        self.reservations.sweep(admin)
        self.releases.sweep(admin)
        self.tombstones.purge(admin)


def assemble(core: Any, conf: cfg.ConfigOpts) -> CoreComponents:
    """The components of ``core``, central's core plugin. Nothing is sent or read yet."""
    external = conf.tricircle.default_region_for_external_network
    database = Database.from_conf(conf, lagging=exceptions.lagging)
    records = Records(database, wakeup.announcer(conf))
    outbox, interfaces, reservations = Outbox(records), InterfaceStates(records), Reservations(core)
    addresses, bridges = RegionalAddresses(core, reservations), Bridges(core, reservations, conf)
    regions = Regions(conf, database, MAX_WAITING)
    views = RegionalViews(core, records, addresses, interfaces, external)
    parts = DesiredRouters(
        core,
        records,
        addresses=addresses,
        bridges=bridges,
        reservations=reservations,
        views=views,
        default_external_region=external,
    )
    remains = Remains(core, outbox, interfaces, bridges)
    return CoreComponents(
        records=records,
        outbox=outbox,
        regions=regions,
        group_events=GroupEvents(outbox),
        reservations=reservations,
        addresses=addresses,
        bridges=bridges,
        interfaces=interfaces,
        views=views,
        reports=RegionalReports(core, records, outbox, interfaces),
        desired=DesiredCopies(core, records, addresses, parts),
        audits=RegionalAudits(core, records, addresses, NewLives(records, outbox), FindingStore(database)),
        bindings=RegionalBindings(records, regions),
        tombstones=Tombstones(records, conf.tricircle.tombstone_retention),
        regional_pods=RegionalPods(records, remains),
        releases=RegionalReleases(core, database, records, remains, external),
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RouterComponents:
    """What the L3 plugin works with."""

    events: RouterEvents
    routers: RegionalRouters
    kinds: RouterTypes
    host_routes: HostRoutes


def assemble_routers(core: Any, l3_plugin: Any, components: CoreComponents, conf: cfg.ConfigOpts) -> RouterComponents:
    """The components of ``l3_plugin``, beside those of the core plugin ``core``."""
    external = conf.tricircle.default_region_for_external_network
    routers = RegionalRouters(
        core,
        RouterReader(core, l3_plugin, components.records, external),
        components.records,
        reservations=components.reservations,
        addresses=components.addresses,
        bridges=components.bridges,
        views=components.views,
    )
    return RouterComponents(
        events=RouterEvents(components.outbox),
        routers=routers,
        kinds=RouterTypes(components.records),
        host_routes=HostRoutes(core),
    )
