"""What the region's plugins ask of a backend, and what they hand to it."""

import contextlib
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from tricircle.domain.endpoints import RemoteEndpoint, TunnelEndpoint


@dataclasses.dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do.

    ``network_types``: networks of these types (Neutron's names) it joins by tunnels. ``encapsulations``: of remote
    endpoints, those that its hosts can send to; of others it is never told. ``repeats``: it calls
    ``RemoteTables.resend`` by itself now and then; else a periodic worker of the region's does so each minute.
    """

    network_types: frozenset[str] = frozenset()
    encapsulations: frozenset[str] = frozenset()
    repeats: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A network as tunnels know it: ``tunnel_key`` is its segmentation id (VNI), the same in every region."""

    network_id: str
    network_type: str
    tunnel_key: int


@dataclasses.dataclass(frozen=True, slots=True)
class TableChange:
    """The remote endpoints of a network as they were, and as they are from now on."""

    segment: Segment
    known: frozenset[RemoteEndpoint]
    target: frozenset[RemoteEndpoint]


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """The remote endpoints of a network, and the VTEPs of which it had some a while ago, and has none now."""

    endpoints: frozenset[RemoteEndpoint] = frozenset()
    closed: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True)
class LocalPort:
    """A port of this region. ``host`` is empty for one that is not bound, as a router's may be though it works."""

    id: str
    network_id: str
    host: str
    device_owner: str
    device_id: str


class RemoteTables(Protocol):
    """The tables of remote endpoints, for a backend that must say again what it has been told."""

    def known(self, context: Any, network_id: str) -> Known:
        """What the region knows of one network, as far as the backend can reach it. Two queries."""
        ...

    def resend(self, context: Any) -> None:
        """Have the backend's ``resend`` called with every table."""
        ...


class Backend(Protocol):
    """What makes networks real in a region. Made once, before servers fork; used by many threads at a time.

    Nothing that a call does may depend on the answer of central or of another region, and none is made inside a
    database transaction.
    """

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; the same at all times."""
        ...

    def attach(self, tables: RemoteTables) -> None:
        """Begin: called once, when the core plugin is complete. Not called where the region is joined with no other."""
        ...

    def attach_routers(self, l3_plugin: Any) -> None:
        """The same for routers: called once with the region's L3 plugin, if there is one."""
        ...

    def tunnel_endpoints(self, context: Any, ports: Collection[LocalPort]) -> Mapping[str, TunnelEndpoint]:
        """Where other regions reach ports of this one, by port id; without those that nobody can reach.

        One look for all of them, however many there are.
        """
        ...

    def apply(self, context: Any, change: TableChange) -> None:
        """Make hosts know a network's remote endpoints. The table is committed; what fails is mended by ``resend``."""
        ...

    def resend(self, context: Any, tables: Sequence[tuple[Segment, Known]]) -> None:
        """Make hosts know everything once more: some may have lost a message, or begun anew."""
        ...

    def quiet(self, context: Any, router_id: str, *, changes_kind: bool) -> contextlib.AbstractContextManager[None]:
        """Around several changes of a router: who carries routers out may wait for their end.

        ``changes_kind``: among them the router becomes distributed or highly available, or no longer so.
        """
        ...

    def router_changed(self, context: Any, router_id: str) -> None:
        """A router's ports or floating IPs were changed otherwise than by a call of the L3 plugin's."""
        ...

    def groups_made(
        self, context: Any, security_group_ids: Collection[str], address_group_ids: Collection[str]
    ) -> None:
        """Copies of these groups have come into being. Whoever listens to Neutron's events has heard of each."""
        ...
