"""Which forwarding entries Open vSwitch agents are told to remove, forget and add when a table changes.

Pure: what decides here is plain data; ``l2population`` beside it casts the messages.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from tricircle.domain.endpoints import RemoteEndpoint


@dataclasses.dataclass(frozen=True, slots=True)
class FdbChange:
    """What to tell the agents, in this order: remove, forget, add. Each maps a VTEP to endpoints.

    ``remove`` takes whole MACs away, and the tunnel itself for the VTEPs in ``closed``; ``forget`` takes single
    addresses of a MAC that stays. Every ``add`` carries the flood entry, which agents take more than once.
    """

    remove: Mapping[str, tuple[RemoteEndpoint, ...]]
    closed: frozenset[str]
    forget: Mapping[str, tuple[RemoteEndpoint, ...]]
    add: Mapping[str, tuple[RemoteEndpoint, ...]]

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.remove or self.closed or self.forget or self.add)


def by_vtep(endpoints: Iterable[RemoteEndpoint]) -> dict[str, tuple[RemoteEndpoint, ...]]:
    """Endpoints grouped by VTEP, in a stable order."""
    groups: dict[str, list[RemoteEndpoint]] = {}
    for endpoint in sorted(endpoints):
        groups.setdefault(endpoint.vtep, []).append(endpoint)
    return {vtep: tuple(group) for vtep, group in groups.items()}


def plan(known: frozenset[RemoteEndpoint], target: frozenset[RemoteEndpoint]) -> FdbChange:
    """The change from the table ``known`` to the table ``target``.

    An agent removes unicast flows by MAC and ARP answers by IP, whoever they point at (neutron's ``l2population``
    agent code). So a MAC that stays is never removed as a whole, and additions come last.
    """
    staying_macs = {endpoint.mac_address for endpoint in target}
    staying_ips = {endpoint.ip_address for endpoint in target}
    gone = known - target
    # An address that moved to another MAC may go with the old one: the addition that follows brings its answer back.
    remove = {e for e in gone if e.mac_address not in staying_macs}
    forget = {e for e in gone if e.mac_address in staying_macs and e.ip_address not in staying_ips}
    return FdbChange(
        remove=by_vtep(remove),
        closed=frozenset(e.vtep for e in known) - frozenset(e.vtep for e in target),
        forget=by_vtep(forget),
        add=by_vtep(target - known),
    )
