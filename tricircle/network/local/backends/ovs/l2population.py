"""What Open vSwitch agents are told of ports in other regions, by Neutron's own ``l2population`` messages."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from neutron.plugins.ml2.drivers.l2pop import rpc as l2pop_rpc
from neutron_lib import constants
from neutron_lib import context as n_context

from tricircle.domain.endpoints import RemoteEndpoint
from tricircle.domain.jsons import Json
from tricircle.network import neutron_internals
from tricircle.network.local.backends.base import Known, RemoteTables, Segment
from tricircle.network.local.backends.ovs import fdb

Entries = dict[str, list[Any]]


class FdbMessages:
    """Casts to all agents, or to one host's."""

    def __init__(self) -> None:
        """Messages need no session of a database."""
        self._agents = l2pop_rpc.L2populationAgentNotifyAPI()
        self._context = n_context.get_admin_context_without_session()

    def tell(self, segment: Segment, change: fdb.FdbChange) -> None:
        """Tell every agent of a change."""
        removed = {vtep: _entries(group) for vtep, group in change.remove.items()}
        for vtep in change.closed:
            removed.setdefault(vtep, []).insert(0, constants.FLOODING_ENTRY)
        if removed:
            self._agents.remove_fdb_entries(self._context, _message(segment, removed))
        if change.forget:
            gone = {vtep: {"before": _entries(group)} for vtep, group in change.forget.items()}
            self._agents.update_fdb_entries(self._context, {"chg_ip": {segment.network_id: gone}})
        if change.add:
            self._agents.add_fdb_entries(self._context, _message(segment, _added(change.add)))

    def close_at(self, host: str, segment: Segment, vteps: Collection[str]) -> None:
        """Have one host's agent close tunnels that it may have found in its bridge.

        An agent that restarts floods on into those, and Neutron tells it only of those there are to be. So it is told
        of closed ones, too: first to add them, for it takes away only what it was told of.
        """
        tunnels = {vtep: [constants.FLOODING_ENTRY] for vtep in sorted(vteps)}
        message = _message(segment, tunnels)
        self._agents.add_fdb_entries(self._context, message, host)
        # An agent works at several messages at a time: where this one overtakes the other, ``resend`` comes after it.
        self._agents.remove_fdb_entries(self._context, message, host)


def join_driver(driver: Any, tables: RemoteTables, messages: FdbMessages) -> None:
    """Let the loaded ``l2population`` driver add remote endpoints where it tells an agent of a whole network.

    It does so exactly when an agent (re)starts, ovs-vswitchd restarted, or a host gets its first port of a network:
    Neutron has no public hook there.
    """

    def extend(context: Any, agent: Any, segment: Any, network_id: str, entries: Json) -> None:
        known = tables.known(context, network_id)
        add_to(entries[network_id]["ports"], known)
        if known.closed and segment["network_type"] == constants.TYPE_VXLAN:
            tunnel = Segment(network_id, segment["network_type"], segment["segmentation_id"])
            messages.close_at(agent.host, tunnel, known.closed)

    neutron_internals.extend_agent_fdb(driver, extend)


def add_to(ports: Entries, known: Known) -> None:
    """Add the entries of remote endpoints to those of a message that Neutron has made."""
    for vtep, entries in _added(fdb.by_vtep(known.endpoints)).items():
        mine = ports.setdefault(vtep, [])
        mine.extend(entry for entry in entries if entry not in mine)


def _message(segment: Segment, ports: Entries) -> Json:
    return {
        segment.network_id: {
            "segment_id": segment.tunnel_key,
            "network_type": segment.network_type,
            "ports": ports,
        }
    }


def _entries(group: Iterable[RemoteEndpoint]) -> list[Any]:
    return [l2pop_rpc.PortInfo(mac_address=e.mac_address, ip_address=e.ip_address) for e in group]


def _added(groups: Mapping[str, Iterable[RemoteEndpoint]]) -> Entries:
    # The flood entry goes with every addition: IPv6 neighbours are found by flooding.
    return {vtep: [constants.FLOODING_ENTRY, *_entries(group)] for vtep, group in groups.items()}
