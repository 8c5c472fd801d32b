"""Remote endpoints: ports of other regions, as a region must know them."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class RemoteEndpoint:
    """One address of a port in another region. ``vtep`` is the tunnel address behind which the port sits."""

    mac_address: str
    ip_address: str
    vtep: str


@dataclasses.dataclass(frozen=True, slots=True)
class LocatedPort:
    """A port of a network, as central knows it: where it is, and whether it is up there."""

    port_id: str
    region_name: str
    vtep: str | None
    mac_address: str
    ip_addresses: tuple[str, ...]
    device_owner: str
    active: bool
