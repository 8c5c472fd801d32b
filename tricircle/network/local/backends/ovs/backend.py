"""The backend of regions with Open vSwitch agents."""

import contextlib
import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from neutron_lib import constants

from tricircle.domain.endpoints import VXLAN, TunnelEndpoint
from tricircle.network import neutron_internals
from tricircle.network.local.backends.base import Capabilities, Known, LocalPort, RemoteTables, Segment, TableChange
from tricircle.network.local.backends.ovs import fdb, l2population, l3_agents

LOG = logging.getLogger(__name__)

L2POPULATION = "l2population"


class OvsBackend:
    """Agents are told by RPC: of remote endpoints as if Neutron's ``l2population`` did, of routers when all is done."""

    name = "ovs"
    capabilities = Capabilities(
        network_types=frozenset({constants.TYPE_VXLAN}),
        encapsulations=frozenset({VXLAN}),
    )

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is the region's core plugin."""
        self._plugin = plugin
        self._fdb = l2population.FdbMessages()
        self._l3_agents = l3_agents.AgentNotifier()

    def attach(self, tables: RemoteTables) -> None:
        """See ``Backend``: what Neutron tells an agent of a whole network has the remote endpoints in it, too."""
        driver = neutron_internals.mechanism_driver(self._plugin, L2POPULATION)
        if driver is None:
            LOG.warning("Mechanism driver %s is not loaded: no VXLAN network can reach other regions", L2POPULATION)
            return
        l2population.join_driver(driver, tables, self._fdb)

    def attach_routers(self, l3_plugin: Any) -> None:
        """See ``Backend``."""
        l3_agents.join_plugin(l3_plugin, self._l3_agents)

    def tunnel_endpoints(self, context: Any, ports: Collection[LocalPort]) -> Mapping[str, TunnelEndpoint]:
        """See ``Backend``: a port is behind the address that its host's agent has reported."""
        hosts = {port.host for port in ports} - {""}
        if not hosts:
            return {}
        agents = self._plugin.get_agents(
            context, filters={"host": sorted(hosts), "agent_type": [constants.AGENT_TYPE_OVS]}
        )
        vteps = {agent["host"]: agent["configurations"].get("tunneling_ip") for agent in agents}
        return {port.id: TunnelEndpoint(vtep) for port in ports if (vtep := vteps.get(port.host))}

    def apply(self, context: Any, change: TableChange) -> None:
        """See ``Backend``."""
        self._fdb.tell(change.segment, fdb.plan(change.known, change.target))

    def resend(self, context: Any, tables: Sequence[tuple[Segment, Known]]) -> None:
        """See ``Backend``."""
        for segment, known in tables:
            change = fdb.plan(frozenset(), known.endpoints)
            self._fdb.tell(segment, dataclasses.replace(change, closed=known.closed))

    def quiet(self, context: Any, router_id: str, *, changes_kind: bool) -> contextlib.AbstractContextManager[None]:
        """See ``Backend``."""
        # An agent must have seen a router down before it sees it as another kind.
        return contextlib.nullcontext() if changes_kind else self._l3_agents.once(context, router_id)

    def router_changed(self, context: Any, router_id: str) -> None:
        """See ``Backend``."""
        self._l3_agents.routers_updated(context, [router_id])

    def groups_made(
        self, context: Any, security_group_ids: Collection[str], address_group_ids: Collection[str]
    ) -> None:
        """See ``Backend``: agents hear of groups by Neutron's own messages, which follow its events."""
