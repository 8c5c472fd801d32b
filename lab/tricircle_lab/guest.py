"""The inside of an instance: a network namespace on its region's host, with one interface in the integration bridge."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_interface, ip_network
from typing import Any

from tricircle_lab import openvswitch
from tricircle_lab.errors import LabError
from tricircle_lab.hosts import Hosts
from tricircle_lab.layout import Region

INTERFACE = "eth0"
_STATEFUL = "dhcpv6-stateful"
_LINK_LOCAL_SECONDS = 20


class Guest:
    """The namespace of one instance."""

    def __init__(self, hosts: Hosts, region: Region, name: str) -> None:
        self._hosts = hosts
        self._region = region
        self.namespace = f"instance-{name}"

    def command(self, *command: str) -> list[str]:
        """The command in such a form that it runs inside the instance.

        :raises LabError: the region's host is not running.
        """
        return [*self._hosts.enter(self._region), "ip", "netns", "exec", self.namespace, *command]

    def run(self, *command: str, timeout: float = 60) -> str:
        return self._hosts.run(self._region, "ip", "netns", "exec", self.namespace, *command, timeout=timeout)

    def is_plugged(self) -> bool:
        try:
            self.run("ip", "link", "show", "dev", INTERFACE)
        except LabError:
            return False
        return True

    def plug(self, port_id: str, mac: str, instance_id: str) -> None:
        """Connect the instance to its port; what is done already stays."""
        if self.is_plugged():
            return
        device = _device(port_id)
        external_ids = {"iface-id": port_id, "attached-mac": mac, "iface-status": "active", "vm-uuid": instance_id}
        openvswitch.plug(self._hosts, self._region, device, external_ids)
        if self.namespace not in self._hosts.run(self._region, "ip", "netns", "list").split():
            self._hosts.run(self._region, "ip", "netns", "add", self.namespace)
        self._hosts.run(self._region, "ip", "link", "set", device, "netns", self.namespace)
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", device, "address", mac, "name", INTERFACE)
        self.run("ip", "link", "set", INTERFACE, "up")

    def unplug(self, port_id: str) -> None:
        """Disconnect the instance and remove it, with all that runs in it."""
        openvswitch.unplug(self._hosts, self._region, _device(port_id))
        remove = 'for pid in $(ip netns pids "$0" 2>/dev/null); do kill -9 "$pid"; done; '
        remove += '[ ! -e "/run/netns/$0" ] || ip netns delete "$0"'
        self._hosts.run(self._region, "sh", "-c", remove, self.namespace)

    def configure(self, fixed_ips: Sequence[Mapping[str, str]], subnets: Sequence[Mapping[str, Any]], mtu: int) -> None:
        """Give the interface its addresses: by DHCP where the subnet has it, else as a configuration drive would.

        So also where the guest computes its address (SLAAC): without a router nothing announces the prefix, and with
        one the kernel computes the very address.

        :raises LabError: no lease, or one of another address than the port's.
        """
        by_id = {subnet["id"]: subnet for subnet in subnets}
        for fixed in fixed_ips:
            subnet = by_id[fixed["subnet_id"]]
            address = fixed["ip_address"]
            if subnet["ip_version"] == 4 and subnet["enable_dhcp"]:
                self._lease(address)
            elif subnet["enable_dhcp"] and subnet.get("ipv6_address_mode") == _STATEFUL:
                self._lease6(address, subnet, mtu)
            else:
                self._set(address, subnet, mtu)

    def _lease(self, address: str) -> None:
        client = ["busybox", "udhcpc", "-i", INTERFACE, "-f", "-n", "-q", "-t", "60", "-T", "2"]
        client += ["-s", str(self._region.dhcp_script)]
        said = self.run(*client, "-O", "mtu", "-O", "staticroutes", timeout=150)
        if f"lease of {address}/" not in said:
            raise LabError(f"no DHCP lease of the port's address {address}: {said.strip() or 'no answer'}")

    def _lease6(self, address: str, subnet: Mapping[str, Any], mtu: int) -> None:
        # A router's advertisements would tell these two; a subnet need not have a router.
        self.run("ip", "link", "set", INTERFACE, "mtu", str(mtu))
        self._wait_for_link_local()
        length = ip_network(subnet["cidr"]).prefixlen
        # A file of its own, never a device: the client replaces it by another file of that name.
        leases = self._region.run / f"{self.namespace}.leases6"
        leases.unlink(missing_ok=True)
        client = ["dhclient", "-6", "-1", "-v", "--no-pid", "-lf", str(leases), "-cf", "/dev/null"]
        client += ["-sf", str(self._region.dhcp6_script), "-e", f"on_link_length={length}", INTERFACE]
        # It goes to the background with its lease, and ends with the instance.
        said = self.run("sh", "-c", 'timeout 150 "$@" 2>&1 || true', "sh", *client, timeout=160)
        if f"lease of {address}\n" not in said:
            raise LabError(f"no DHCPv6 lease of the port's address {address}: {said.strip() or 'no answer'}")

    def _wait_for_link_local(self) -> None:
        """A client asks from this address, which the kernel first tries whether it is another's."""
        deadline = time.monotonic() + _LINK_LOCAL_SECONDS
        while not self.run("ip", "-6", "address", "show", "dev", INTERFACE, "scope", "link", "-tentative"):
            if time.monotonic() > deadline:
                raise LabError(f"{self.namespace} has no link-local address after {_LINK_LOCAL_SECONDS} s")
            time.sleep(0.1)

    def _set(self, address: str, subnet: Mapping[str, Any], mtu: int) -> None:
        interface = ip_interface(f"{address}/{ip_network(subnet['cidr']).prefixlen}")
        self.run("ip", "link", "set", INTERFACE, "mtu", str(mtu))
        nodad = ["nodad"] if interface.version == 6 else []
        if interface.version == 6 and not subnet.get("ipv6_ra_mode"):
            self._ignore_advertisements()
        self.run("ip", "address", "replace", str(interface), "dev", INTERFACE, *nodad)
        if subnet["gateway_ip"]:
            family = f"-{interface.version}"
            self.run("ip", family, "route", "replace", "default", "via", subnet["gateway_ip"], "dev", INTERFACE)
        for route in subnet["host_routes"]:
            self.run("ip", "route", "replace", route["destination"], "via", route["nexthop"], "dev", INTERFACE)

    def _ignore_advertisements(self) -> None:
        """As who is configured by hand does. Neutron's routers advertise themselves on such subnets too.

        On a network of several regions those of the other regions are heard, and would be as good as the gateway.
        """
        self.run("sysctl", "--quiet", "--write", f"net.ipv6.conf.{INTERFACE}.accept_ra=0")
        self.run("ip", "-6", "route", "flush", "dev", INTERFACE, "proto", "ra")


def _device(port_id: str) -> str:
    """The name of the port's device on the host, as Nova and the agents build it."""
    return f"tap{port_id[:11]}"
