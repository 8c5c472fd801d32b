"""Which ports of other regions a region must know."""

import typing

from tricircle.domain.endpoints import LocatedPort, RemoteEndpoint, TunnelEndpoint
from tricircle.plans import remote_endpoints


def located(**changes):
    fields: dict[str, typing.Any] = {
        "port_id": "p",
        "region_name": "RegionTwo",
        "reached_at": TunnelEndpoint("172.30.0.12"),
        "mac_address": "m",
        "ip_addresses": ("10.0.0.5", "fd00::5"),
        "device_owner": "compute:nova",
        "active": True,
    }
    return LocatedPort(**(fields | changes))


def test_a_region_knows_every_address_of_the_ports_up_in_other_regions():
    assert remote_endpoints.wanted([located()], "RegionOne") == {
        RemoteEndpoint("m", "10.0.0.5", "172.30.0.12"),
        RemoteEndpoint("m", "fd00::5", "172.30.0.12"),
    }


def test_endpoints_are_reached_as_their_region_says():
    reached_at = TunnelEndpoint("172.30.0.12", "geneve", 7)
    (endpoint,) = remote_endpoints.wanted([located(reached_at=reached_at, ip_addresses=("10.0.0.5",))], "RegionOne")
    assert endpoint == RemoteEndpoint("m", "10.0.0.5", "172.30.0.12", "geneve", 7)


def test_its_own_ports_those_down_without_vtep_and_dhcp_servers_are_left_out():
    ports = [
        located(region_name="RegionOne"),
        located(active=False),
        located(reached_at=None),
        located(device_owner="network:dhcp"),
    ]
    assert remote_endpoints.wanted(ports, "RegionOne") == frozenset()
