"""Remote endpoints: ports of other regions, as a region must know them."""

import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import Any

from tricircle.domain.jsons import Json

# Encapsulations, by Neutron's names of network types.
VXLAN = "vxlan"
GENEVE = "geneve"
ENCAPSULATIONS = (VXLAN, GENEVE)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class TunnelEndpoint:
    """Where other regions reach a port: the address of a tunnel's end, and what goes through the tunnel.

    ``tunnel_key`` is the port's own, where an encapsulation carries one beside the network's (Geneve of OVN, say); the
    network's is its segmentation id, which is the same in every region.
    """

    vtep: str
    encapsulation: str = VXLAN
    tunnel_key: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class RemoteEndpoint:
    """One address of a port in another region; the rest as in ``TunnelEndpoint``."""

    mac_address: str
    ip_address: str
    vtep: str
    encapsulation: str = VXLAN
    tunnel_key: int | None = None

    def text(self) -> str:
        """All of it in one line, the same at central and in a region."""
        return json.dumps(to_json(self), sort_keys=True)


def to_json(endpoint: TunnelEndpoint | RemoteEndpoint) -> Json:
    """As it goes over the wire: what is as usual is left out, for there are thousands of them."""
    shown = dataclasses.asdict(endpoint)
    if endpoint.encapsulation == VXLAN:
        del shown["encapsulation"]
    if endpoint.tunnel_key is None:
        del shown["tunnel_key"]
    return shown


def remote_from_json(endpoint: Mapping[str, Any]) -> RemoteEndpoint:
    """The remote endpoint that ``to_json`` has shown."""
    return RemoteEndpoint(endpoint["mac_address"], endpoint["ip_address"], **dataclasses.asdict(reached_at(endpoint)))


def reached_at(shown: Mapping[str, Any]) -> TunnelEndpoint:
    """The part of ``shown`` that says where a port is reached; its ``vtep`` is not empty."""
    return TunnelEndpoint(shown["vtep"], shown.get("encapsulation") or VXLAN, shown.get("tunnel_key"))


@dataclasses.dataclass(frozen=True, slots=True)
class LocatedPort:
    """A port of a network, as central knows it: where it is, whether it is up there, and when that changed.

    ``changed_at`` is naive, UTC; None: before anybody wrote it down.
    """

    port_id: str
    region_name: str
    reached_at: TunnelEndpoint | None
    mac_address: str
    ip_addresses: tuple[str, ...]
    device_owner: str
    active: bool
    changed_at: datetime.datetime | None = None
