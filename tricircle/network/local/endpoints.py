"""Remote endpoints in a region: the table of ports in other regions, and what its backend is handed of it."""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neutron_lib.api.definitions import provider_net

from tricircle.db.neutron import copies, endpoints, versions
from tricircle.domain.endpoints import RemoteEndpoint, remote_from_json, to_json
from tricircle.domain.jsons import Json
from tricircle.domain.versions import NONE, Part
from tricircle.network import exceptions
from tricircle.network.local.backends.base import Backend, Known, Segment, TableChange
from tricircle.plans import versions as plans

LOG = logging.getLogger(__name__)

Table = frozenset[RemoteEndpoint]

# How long an agent may be away and is still told, when it comes back, of tunnels that were closed meanwhile.
REMEMBER_SECONDS = 86400


class Endpoints:
    """The table, which is committed first; then the backend makes hosts know it.

    What it tells may be lost, or a host may begin anew: ``resend`` repeats all, and a backend that must tell a host
    everything in between asks for what is ``known``.
    """

    def __init__(self, plugin: Any, backend: Backend, *, joined: bool = True) -> None:
        """``plugin`` is the region's core plugin; ``joined``: whether it is Tricircle that joins the networks."""
        self._plugin = plugin
        self._backend = backend
        self._joined = joined

    def known(self, context: Any, network_id: str) -> Known:
        """See ``RemoteTables``."""
        table = endpoints.of_network(context, network_id)
        closed = endpoints.closed(context, [network_id]).get(network_id, frozenset())
        return Known(self._reachable(table), closed)

    def get(self, context: Any, network_id: str) -> Json:
        """The table of one network, as the extension shows it."""
        version = versions.own(context, [network_id]).get(network_id, NONE)
        return {**_shown(network_id, endpoints.of_network(context, network_id)), "version": version}

    def list(self, context: Any, network_ids: Sequence[str] | None) -> "list[Json]":
        """The tables of the networks that have one."""
        return [_shown(network_id, table) for network_id, table in _tables(context, network_ids).items()]

    def replace(self, context: Any, network_id: str, wanted: Iterable[Json], version: str | None = None) -> None:
        """Make the table of a network what ``wanted`` says, and have hosts know it.

        ``version``: central's of it, if it is central's.

        :raises NotACopy: the network is not central's, so it has no ports elsewhere.
        """
        network, target = self._copy(context, network_id), frozenset(map(remote_from_json, wanted))
        self._have_known(context, network, endpoints.replace(context, network_id, target, version), target)

    def apply(self, context: Any, network_id: str, part: Part, sent: Iterable[Json]) -> str:
        """Change the table of a network by what central has sent, and have hosts know the difference.

        Answers the version that the table has: another than that of ``part`` if that did not fit, and nothing is done.

        :raises NotACopy: as ``replace``.
        """
        network = self._copy(context, network_id)
        entries = frozenset(map(remote_from_json, sent))
        changed = endpoints.apply(context, network_id, part, lambda known: _applied(known, part, entries))
        if changed is None:
            return versions.own(context, [network_id]).get(network_id, NONE)
        self._have_known(context, network, *changed)
        return part["version"]

    def _copy(self, context: Any, network_id: str) -> Json:
        network: Json = self._plugin.get_network(context, network_id)
        if not copies.is_copy(context, network_id):
            raise exceptions.NotACopy(id=network_id)
        return network

    def _have_known(self, context: Any, network: Json, known: Table, target: Table) -> None:
        segment = self._segment(network)
        if segment:
            self._apply(context, segment, known, target)

    def begin(self, context: Any, network_id: str, known: Sequence[Json], version: str | None) -> None:
        """``replace`` for a network that is just being made; does nothing where another system joins the networks."""
        if self._joined and (known or version or endpoints.of_network(context, network_id)):
            self.replace(context, network_id, known, version or None)

    def resend(self, context: Any) -> None:
        """Have everything told once more: mends what a lost message left."""
        endpoints.forget_closed(context, REMEMBER_SECONDS)
        closed = endpoints.closed(context)
        tables = _tables(context)
        ids = sorted({*tables, *closed})
        networks = self._plugin.get_networks(context, filters={"id": ids}) if ids else []
        segments = [segment for network in networks if (segment := self._segment(network))]
        self._backend.resend(
            context,
            [
                (
                    segment,
                    Known(
                        self._reachable(tables.get(segment.network_id, frozenset())),
                        closed.get(segment.network_id, frozenset()),
                    ),
                )
                for segment in segments
            ],
        )
        # What has changed since it was read may have been told before it was just told as it had been.
        latest = _tables(context)
        for segment in segments:
            known, target = (found.get(segment.network_id, frozenset()) for found in (tables, latest))
            self._apply(context, segment, known, target)

    def _apply(self, context: Any, segment: Segment, known: Table, target: Table) -> None:
        before, after = self._reachable(known), self._reachable(target)
        if len(after) < len(target):
            LOG.warning(
                "%d ports of other regions on network %s cannot be reached: backend %s has not their encapsulation",
                len(target) - len(after),
                segment.network_id,
                self._backend.name,
            )
        if before != after:
            self._backend.apply(context, TableChange(segment, before, after))

    def _reachable(self, table: Table) -> Table:
        spoken = self._backend.capabilities.encapsulations
        return frozenset(endpoint for endpoint in table if endpoint.encapsulation in spoken)

    def _segment(self, network: Json) -> Segment | None:
        """None: the network is not joined by tunnels, or not by this backend's."""
        network_type = network.get(provider_net.NETWORK_TYPE)
        if network_type not in self._backend.capabilities.network_types:
            return None
        return Segment(network["id"], network_type, network[provider_net.SEGMENTATION_ID])


def _applied(known: Table, part: Part, entries: Table) -> Table | None:
    """What the table is with what came; None if that lacks something."""
    target = plans.applied(known, part, entries, lambda endpoint: endpoint.mac_address)
    return None if plans.is_off(part, plans.digest(endpoint.text() for endpoint in target)) else target


def _tables(context: Any, network_ids: Collection[str] | None = None) -> dict[str, Table]:
    """Tables by network id, of the given networks or of all; without those that are empty."""
    tables: dict[str, set[RemoteEndpoint]] = {}
    for network_id, endpoint in endpoints.of_networks(context, network_ids):
        tables.setdefault(network_id, set()).add(endpoint)
    return {network_id: frozenset(table) for network_id, table in tables.items()}


def _shown(network_id: str, table: Iterable[RemoteEndpoint]) -> Json:
    return {
        "id": network_id,
        "region_name": "",
        "endpoints": [to_json(endpoint) for endpoint in sorted(table)],
    }
