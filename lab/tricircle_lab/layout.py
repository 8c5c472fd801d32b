"""Where everything of a lab is: names, addresses, ports and paths, as pure data.

Several labs may run on one machine: each has its own state directory and its own *slot*, a small number
from which its ports and the names of its namespaces follow.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CENTRAL = "CentralRegion"
PASSWORD = "password"
LOOPBACK = "127.0.0.1"
SLOTS = 10
MAX_REGIONS = 40
# Hollow regions are numbered after all others, so that a lab gets more of either kind without renaming any.
MAX_HOLLOW = 100
UNDERLAY = ipaddress.ip_network("172.30.0.0/24")
# Where an instance's name is expected, the host outside.
OUTSIDE_NAME = "outside"
# Its addresses, on the physical networks `extern` and (untagged) `bridge`.
OUTSIDE = ipaddress.ip_interface("203.0.113.254/24")
OUTSIDE_TOO = ipaddress.ip_interface("198.51.100.254/24")
OVSDB = "tcp:127.0.0.1:6640"
# Frames of the underlay are larger than the instances' by what VXLAN adds, so that these keep 1500 bytes.
UNDERLAY_MTU = 1600
# Below the range of ephemeral ports: a listening port there cannot be taken by an outgoing connection.
_FIRST_PORT = 13000
_PORTS_PER_SLOT = 200
_TRICIRCLE_PORT = 19999
_NUMERALS = {1: "One", 2: "Two", 3: "Three"}


def region_name(index: int) -> str:
    """The Keystone name of the index-th region, counted from 1: RegionOne, RegionTwo, RegionThree, Region4 …"""
    return f"Region{_NUMERALS.get(index, index)}"


@dataclass(frozen=True)
class Region:
    """A region with a Neutron of its own; index 0 is central, which has no host and no agents.

    A hollow one has neither: of its Neutron there is the API alone.
    """

    index: int
    slot: int
    state_dir: Path

    @property
    def name(self) -> str:
        if self.is_hollow:
            return f"Hollow{self.index - MAX_REGIONS}"
        return region_name(self.index) if self.index else CENTRAL

    @property
    def is_central(self) -> bool:
        return self.index == 0

    @property
    def is_hollow(self) -> bool:
        return self.index > MAX_REGIONS

    @property
    def account(self) -> str:
        """The user by which Tricircle speaks for the region; for central's, its workers and the Admin API."""
        return "tricircle" if self.is_central else f"tricircle-{self.name}"

    @property
    def host(self) -> str:
        """The name of the region's host, as agents report it and ports are bound to it."""
        return f"{self.name}-host1"

    @property
    def namespace(self) -> str:
        """The network namespace that stands for the host."""
        return f"{namespace_prefix(self.slot)}-{self.name}"

    @property
    def vtep(self) -> str:
        return str(UNDERLAY[10 + self.index])

    @property
    def neutron_port(self) -> int:
        return first_port(self.slot) + 10 + self.index

    @property
    def neutron_url(self) -> str:
        return f"http://{LOOPBACK}:{self.neutron_port}"

    @property
    def database(self) -> str:
        return f"neutron_{self.name.lower()}"

    @property
    def vhost(self) -> str:
        """The region's virtual host in RabbitMQ."""
        return self.name

    @property
    def etc(self) -> Path:
        return self.state_dir / "etc" / self.name

    @property
    def run(self) -> Path:
        return self.state_dir / "run" / self.name

    @property
    def memcached_socket(self) -> Path:
        """Where the region's own memcached listens."""
        return self.run / "memcached.sock"

    @property
    def dhcp_script(self) -> Path:
        """What the region's instances run when they get a lease."""
        return self.etc / "udhcpc.sh"

    @property
    def dhcp6_script(self) -> Path:
        """The same for a DHCPv6 lease."""
        return self.etc / "dhclient6.sh"


def namespace_prefix(slot: int) -> str:
    return "tricircle" if slot == 0 else f"tricircle{slot}"


def first_port(slot: int) -> int:
    return _FIRST_PORT + slot * _PORTS_PER_SLOT


@dataclass(frozen=True)
class BrokerPorts:
    """Where RabbitMQ listens: for clients, for Erlang, and its port mapper."""

    amqp: int
    distribution: int
    epmd: int


@dataclass(frozen=True)
class Folders:
    """A lab's places on disk."""

    state_dir: Path
    cache_dir: Path

    @property
    def etc(self) -> Path:
        return self.state_dir / "etc"

    @property
    def run(self) -> Path:
        return self.state_dir / "run"

    @property
    def log(self) -> Path:
        return self.state_dir / "log"

    @property
    def instances(self) -> Path:
        return self.state_dir / "instances"

    @property
    def mysql_socket(self) -> Path:
        return self.run / "mysql.sock"


@dataclass(frozen=True)
class Layout(Folders):
    """One lab: its places, its slot, the number of regions beside central, and of hollow ones beside these."""

    slot: int
    region_count: int
    hollow_count: int = 0

    @cached_property
    def central(self) -> Region:
        return Region(0, self.slot, self.state_dir)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        return tuple(Region(index, self.slot, self.state_dir) for index in range(1, self.region_count + 1))

    @cached_property
    def hollow_regions(self) -> tuple[Region, ...]:
        first = MAX_REGIONS + 1
        return tuple(Region(index, self.slot, self.state_dir) for index in range(first, first + self.hollow_count))

    @property
    def all_regions(self) -> tuple[Region, ...]:
        return (self.central, *self.regions, *self.hollow_regions)

    def region(self, name: str) -> Region:
        """The region of that name.

        :raises KeyError: the lab has none of that name.
        """
        return {region.name: region for region in self.all_regions}[name]

    @property
    def prefix(self) -> str:
        return namespace_prefix(self.slot)

    @property
    def fabric_namespace(self) -> str:
        return f"{self.prefix}-fabric"

    @property
    def outside_namespace(self) -> str:
        return f"{self.prefix}-outside"

    @property
    def cgroup_name(self) -> str:
        return f"{self.prefix}-lab"

    @property
    def keystone_port(self) -> int:
        return first_port(self.slot)

    @property
    def keystone_url(self) -> str:
        return f"http://{LOOPBACK}:{self.keystone_port}"

    @property
    def broker(self) -> BrokerPorts:
        first = first_port(self.slot)
        return BrokerPorts(amqp=first + 1, distribution=first + 2, epmd=first + 3)

    @property
    def tricircle_port(self) -> int:
        return _TRICIRCLE_PORT - self.slot

    @property
    def tricircle_url(self) -> str:
        return f"http://{LOOPBACK}:{self.tricircle_port}/v1.0"

    def database_url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of the lab's MariaDB."""
        return f"mysql+pymysql://lab:{PASSWORD}@localhost/{database}?unix_socket={self.mysql_socket}&charset=utf8"

    def transport_url(self, vhost: str) -> str:
        """The oslo.messaging URL of a virtual host; the same in the regions' namespaces, which a relay leads here."""
        return f"rabbit://lab:{PASSWORD}@{LOOPBACK}:{self.broker.amqp}/{vhost}"
