"""Addresses that central gives, and that a region's Neutron would not take from whoever names them."""

import netaddr
from neutron.ipam import utils as ipam_utils

_of_neutron = ipam_utils.check_subnet_ip


def take_first_of_small_subnets() -> None:
    """Let copies have the first address of a subnet of one or two (/32, /31, /128, /127).

    Neutron gives it out by itself, but refuses whoever asks for it; the address of a copy is always asked for. A user
    who asks for it is refused by central.
    """
    ipam_utils.check_subnet_ip = _check_subnet_ip


def _check_subnet_ip(cidr: str, ip_address: str, port_owner: str = "") -> bool:
    net = netaddr.IPNetwork(cidr)
    if net.size <= 2 and netaddr.IPAddress(ip_address) in net:
        return True
    valid: bool = _of_neutron(cidr, ip_address, port_owner)
    return valid
