"""Remote endpoints: which a region must know. How its hosts are told is its backend's to plan."""

from collections.abc import Iterable

from tricircle.domain.endpoints import LocatedPort, RemoteEndpoint

DHCP_OWNER = "network:dhcp"


def wanted(ports: Iterable[LocatedPort], region_name: str) -> frozenset[RemoteEndpoint]:
    """What ``region_name`` must know of a network's ``ports``: those that are up in other regions, behind a VTEP.

    Not the DHCP servers: each region has its own, and no instance shall be served by another region's.
    """
    return frozenset(
        RemoteEndpoint(
            mac_address=port.mac_address,
            ip_address=address,
            vtep=port.reached_at.vtep,
            encapsulation=port.reached_at.encapsulation,
            tunnel_key=port.reached_at.tunnel_key,
        )
        for port in ports
        if port.active and port.reached_at and port.region_name != region_name and port.device_owner != DHCP_OWNER
        for address in port.ip_addresses
    )
