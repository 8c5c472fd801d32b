"""The ``tricircle`` mechanism driver: what central's networks, subnets and ports mean for the regions that have them.

Central has no agents: nothing is bound here. Each change is recorded in its own transaction.
"""

from typing import Any

from neutron.common import ipv6_utils
from neutron_lib import constants
from neutron_lib.api.definitions import provider_net, qinq, vlantransparent
from neutron_lib.plugins.ml2 import api

from tricircle.db.neutron import departures, locations, members, tombstones
from tricircle.db.neutron.device_owners import CENTRALS_OWN
from tricircle.domain import copied_kinds
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network import call_info
from tricircle.network.central.group_events import changes as group_changes
from tricircle.network.central.outbox import Outbox
from tricircle.plans import differences

# What of a port a region's copy follows; and by what others reach it.
FOLLOWED = (*copied_kinds.PORT.followed, *copied_kinds.PORT.regional)
REACHED_BY = ("fixed_ips", "mac_address")
# VLAN tags within a network: no driver at central answers for them. docs/decisions/14-api-extensions.md
NOT_CARRIED = frozenset({vlantransparent.ALIAS, qinq.ALIAS})


class TricircleMechanismDriver(api.MechanismDriver):
    """Turns changes into jobs of the regions concerned."""

    _outbox: Outbox

    def initialize(self) -> None:
        """Nothing to do: the plugin hands over the outbox."""

    def use(self, outbox: Outbox) -> None:
        """Set where changes go."""
        self._outbox = outbox

    def supported_extensions(self, extensions: set[str]) -> set[str]:
        """All but those whose wishes ML2 would refuse for every network of central's."""
        return extensions - NOT_CARRIED

    def bind_port(self, context: Any) -> None:
        """Ports are bound in their regions."""

    def create_subnet_precommit(self, context: Any) -> None:
        """A subnet of a network that regions have already: they get it too."""
        subnet = context.current
        self._record(
            context,
            Change(
                job_type=JobType.SUBNET_UPDATE,
                subject_type=ResourceType.NETWORK,
                subject_id=subnet["network_id"],
                field="subnet_id",
                resource_id=subnet["id"],
                project_id=subnet["project_id"],
            ),
        )
        self._addresses_change(context)

    def update_subnet_precommit(self, context: Any) -> None:
        """The regions' copies follow."""
        self._follow(context, JobType.SUBNET_UPDATE, ResourceType.SUBNET, context.current)

    def delete_subnet_precommit(self, context: Any) -> None:
        """The regions' copies go."""
        self._set_tombstone(context, ResourceType.SUBNET)
        self._addresses_change(context)
        self._follow(context, JobType.SUBNET_UPDATE, ResourceType.SUBNET, context.current)

    def update_network_precommit(self, context: Any) -> None:
        """The regions' copies follow."""
        self._follow(context, JobType.UPDATE_NETWORK, ResourceType.NETWORK, context.current)

    def delete_network_precommit(self, context: Any) -> None:
        """The regions' copies go."""
        self._set_tombstone(context, ResourceType.NETWORK)
        self._follow(context, JobType.UPDATE_NETWORK, ResourceType.NETWORK, context.current)

    def update_port_precommit(self, context: Any) -> None:
        """The copies follow, and the others learn where the port is to be found now."""
        port, before = context.current, context.original
        if not differences.difference(port, before, FOLLOWED):
            return
        location = locations.of_port(context.plugin_context, port["id"])
        if port["device_owner"] not in CENTRALS_OWN:
            self._follow(context, JobType.PORT_UPDATE, ResourceType.PORT, port, location)
        if differences.difference(port, before, REACHED_BY):
            locations.touch(context.plugin_context, port_ids=[port["id"]])
            self._tell_others(context, location, before["mac_address"])

    def delete_port_precommit(self, context: Any) -> None:
        """Gone at central: gone in its region, and the others forget its endpoint."""
        self._set_tombstone(context, ResourceType.PORT)
        # The location goes with the port: now is the last moment to ask.
        location = locations.of_port(context.plugin_context, context.current["id"])
        # Ports of routers go from a region with the part of the router, by the router's own job.
        if context.current["device_owner"] not in CENTRALS_OWN:
            self._follow(context, JobType.PORT_DELETE, ResourceType.PORT, context.current, location)
        self._tell_others(context, location, context.current["mac_address"])

    def _addresses_change(self, context: Any) -> None:
        """A subnet with automatic addresses: Neutron gives them to all ports of the network, or takes them, by itself.

        No update of a port shows a difference then, and other regions must hear of the addresses all the same.
        """
        subnet = context.current
        if not ipv6_utils.is_auto_address_subnet(subnet):
            return
        network, plugin_context = context.network.current, context.plugin_context
        locations.touch(plugin_context, network_id=network["id"])
        if network.get(provider_net.NETWORK_TYPE) == constants.TYPE_VXLAN:
            self._follow(context, JobType.SHADOW_PORT_SETUP, ResourceType.NETWORK, network)
        groups = members.groups_on_network(plugin_context, network["id"])
        for change in group_changes(members.naming_groups(plugin_context, groups), None):
            self._record(context, change)

    @staticmethod
    def _set_tombstone(context: Any, kind: ResourceType) -> None:
        tombstones.record(context.plugin_context, kind, context.current["id"], context.current["project_id"])

    def _tell_others(self, context: Any, location: locations.Location | None, mac_address: str) -> None:
        """Other regions know the port, by this address, if it has a VTEP."""
        network = context.network.current
        tunnels = network.get(provider_net.NETWORK_TYPE) == constants.TYPE_VXLAN
        if location is not None and location.vtep and tunnels:
            departures.note(context.plugin_context, [(network["id"], mac_address)])
            self._follow(context, JobType.SHADOW_PORT_SETUP, ResourceType.NETWORK, network)

    def _follow(
        self,
        context: Any,
        job_type: JobType,
        kind: ResourceType,
        resource: Json,
        location: locations.Location | None = None,
    ) -> None:
        change = Change(
            job_type=job_type,
            subject_type=kind,
            subject_id=resource["id"],
            field=f"{kind}_id",
            resource_id=resource["id"],
            project_id=resource["project_id"],
            except_region=call_info.of(context.plugin_context).reported_by,
            in_region=location.region_name if location is not None else None,
        )
        self._record(context, change)

    def _record(self, context: Any, change: Change) -> None:
        self._outbox.record(context.plugin_context, change)
