"""Remote endpoints in a region: the table, and what the region's agents are told by stock ``l2population`` messages."""

import dataclasses
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from neutron.plugins.ml2.drivers.l2pop import rpc as l2pop_rpc
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib.api.definitions import provider_net

from tricircle.db.neutron import copies, endpoints
from tricircle.domain.endpoints import RemoteEndpoint
from tricircle.network import exceptions, neutron_internals
from tricircle.plans import remote_endpoints
from tricircle.plans.remote_endpoints import FdbChange

LOG = logging.getLogger(__name__)

Json = dict[str, Any]
Entries = dict[str, list[Any]]

L2POPULATION = "l2population"

# How long an agent may be away and is still told, when it comes back, of tunnels that were closed meanwhile.
REMEMBER_SECONDS = 86400


class Endpoints:
    """The table of ports in other regions, and its way to the agents.

    The table is committed first, then the agents are told. A message may be lost: agents ask for nothing, but Neutron
    tells an agent everything when it starts anew or gets its first port of a network, and then tells of remote
    endpoints too (``attach``); and ``resend`` repeats all.

    An agent that restarts floods on into the tunnels that it finds in its bridge, and Neutron tells it only of those
    there are to be. So it is told of closed ones, too: first to add them, for it takes away only what it was told of.
    """

    def __init__(self, plugin: Any, *, joined: bool = True) -> None:
        """``plugin`` is the region's core plugin; ``joined``: whether it is Tricircle that joins the networks."""
        self._plugin = plugin
        self._joined = joined
        self._agents = l2pop_rpc.L2populationAgentNotifyAPI()
        self._rpc_context = n_context.get_admin_context_without_session()

    def attach(self, l2population: Any) -> None:
        """Let the loaded ``l2population`` driver (None: there is none) add remote endpoints where it tells an agent of
        a whole network.
        """
        if l2population is None:
            LOG.warning("Mechanism driver %s is not loaded: no VXLAN network can reach other regions", L2POPULATION)
            return
        neutron_internals.extend_agent_fdb(l2population, self._extend)

    def _extend(self, context: Any, agent: Any, segment: Any, network_id: str, fdb: Json) -> None:
        known = endpoints.of_network(context, network_id)
        for vtep, entries in _added(remote_endpoints.by_vtep(known)).items():
            mine = fdb[network_id]["ports"].setdefault(vtep, [])
            mine.extend(entry for entry in entries if entry not in mine)
        self._close_at(agent.host, network_id, segment, endpoints.closed(context, [network_id]).get(network_id))

    def _close_at(self, host: str, network_id: str, segment: Any, vteps: Collection[str] | None) -> None:
        if not vteps or segment["network_type"] != constants.TYPE_VXLAN:
            return
        tunnels = {vtep: [constants.FLOODING_ENTRY] for vtep in sorted(vteps)}
        message = _message(network_id, segment["segmentation_id"], tunnels)
        self._agents.add_fdb_entries(self._rpc_context, message, host)
        # An agent works at several messages at a time: where this one overtakes the other, ``resend`` comes after it.
        self._agents.remove_fdb_entries(self._rpc_context, message, host)

    def get(self, context: Any, network_id: str) -> Json:
        """The table of one network, as the extension shows it."""
        return _shown(network_id, endpoints.of_network(context, network_id))

    def list(self, context: Any, network_ids: Sequence[str] | None) -> "list[Json]":
        """The tables of the networks that have one."""
        return [_shown(network_id, table) for network_id, table in _tables(context, network_ids).items()]

    def replace(self, context: Any, network_id: str, wanted: Iterable[Json]) -> Json:
        """Make the table of a network what ``wanted`` says, and tell the agents the difference.

        :raises NotACopy: the network is not central's, so it has no ports elsewhere.
        """
        network = self._plugin.get_network(context, network_id)
        if not copies.is_copy(context, network_id):
            raise exceptions.NotACopy(id=network_id)
        target = frozenset(RemoteEndpoint(e["mac_address"], e["ip_address"], e["vtep"]) for e in wanted)
        change = remote_endpoints.plan(endpoints.replace(context, network_id, target), target)
        self._tell(network, change)
        return _shown(network_id, target)

    def begin(self, context: Any, network_id: str, known: Sequence[Json]) -> None:
        """``replace`` for a network that is just being made; does nothing where another system joins the networks."""
        if self._joined and (known or endpoints.of_network(context, network_id)):
            self.replace(context, network_id, known)

    def resend(self, context: Any) -> None:
        """Tell every agent everything once more: mends what a lost message left."""
        endpoints.forget_closed(context, REMEMBER_SECONDS)
        closed = endpoints.closed(context)
        tables = _tables(context)
        ids = sorted({*tables, *closed})
        networks = self._plugin.get_networks(context, filters={"id": ids}) if ids else []
        for network in networks:
            change = remote_endpoints.plan(frozenset(), tables.get(network["id"], frozenset()))
            self._tell(network, dataclasses.replace(change, closed=closed.get(network["id"], frozenset())))
        # What has changed since it was read may have been told before it was just told as it had been.
        latest = _tables(context)
        for network in networks:
            known, target = (found.get(network["id"], frozenset()) for found in (tables, latest))
            if known != target:
                self._tell(network, remote_endpoints.plan(known, target))

    def _tell(self, network: Json, change: FdbChange) -> None:
        if network.get(provider_net.NETWORK_TYPE) != constants.TYPE_VXLAN:
            return

        def message(ports: Entries) -> Json:
            return _message(network["id"], network[provider_net.SEGMENTATION_ID], ports)

        removed = {vtep: _entries(group) for vtep, group in change.remove.items()}
        for vtep in change.closed:
            removed.setdefault(vtep, []).insert(0, constants.FLOODING_ENTRY)
        if removed:
            self._agents.remove_fdb_entries(self._rpc_context, message(removed))
        if change.forget:
            gone = {vtep: {"before": _entries(group)} for vtep, group in change.forget.items()}
            self._agents.update_fdb_entries(self._rpc_context, {"chg_ip": {network["id"]: gone}})
        if change.add:
            self._agents.add_fdb_entries(self._rpc_context, message(_added(change.add)))


def _tables(context: Any, network_ids: Collection[str] | None = None) -> dict[str, frozenset[RemoteEndpoint]]:
    """Tables by network id, of the given networks or of all; without those that are empty."""
    tables: dict[str, set[RemoteEndpoint]] = {}
    for network_id, endpoint in endpoints.of_networks(context, network_ids):
        tables.setdefault(network_id, set()).add(endpoint)
    return {network_id: frozenset(table) for network_id, table in tables.items()}


def _message(network_id: str, segmentation_id: int, ports: Entries) -> Json:
    return {network_id: {"segment_id": segmentation_id, "network_type": constants.TYPE_VXLAN, "ports": ports}}


def _entries(group: Iterable[RemoteEndpoint]) -> list[Any]:
    return [l2pop_rpc.PortInfo(mac_address=e.mac_address, ip_address=e.ip_address) for e in group]


def _added(groups: Mapping[str, Iterable[RemoteEndpoint]]) -> Entries:
    # The flood entry goes with every addition: IPv6 neighbours are found by flooding.
    return {vtep: [constants.FLOODING_ENTRY, *_entries(group)] for vtep, group in groups.items()}


def _shown(network_id: str, table: Iterable[RemoteEndpoint]) -> Json:
    return {
        "id": network_id,
        "region_name": "",
        "endpoints": [
            {"mac_address": e.mac_address, "ip_address": e.ip_address, "vtep": e.vtep} for e in sorted(table)
        ],
    }
