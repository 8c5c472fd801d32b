"""What the deletion of a router with a gateway costs central, against the same Neutron with plain ML2.

Routers with a gateway and one interface are taken apart on both sides in turns, as a tenant does it: the interface is
removed, then the router is deleted. The worker is stopped meanwhile, so that central does nothing but what it is asked;
afterwards it tells the region, and what central does for that is counted by itself.
"""

import contextlib
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keystoneauth1.adapter import Adapter

from benchmarks import cloud as clouds
from benchmarks import plain
from benchmarks.cloud import Cloud
from benchmarks.results import Figure, at_most
from benchmarks.wire import Wire
from tricircle_lab.layout import Region
from tricircle_lab.output import Reporter

_WORKER = "tricircle-xjob"
_INTERFACE, _ROUTER = "removal of its interface", "deletion of a router with a gateway"
_TARGET = 1.2
_WARM_UP = 2


@dataclass
class Side:
    """One of the two servers, and what each step took there: seconds, and CPU seconds of its process."""

    name: str
    service: str
    neutron: Adapter
    hints: Mapping[str, Any]
    outside_id: str
    routers: list[tuple[str, str]] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def make(self, number: int) -> None:
        """A router with its interface."""
        network = {"name": f"deletes{number}", **self.hints}
        network_id = self.neutron.post("/networks", json={"network": network}).json()["network"]["id"]
        self.networks.append(network_id)
        subnet = {"network_id": network_id, "ip_version": 4, "cidr": f"10.240.{number}.0/24", "enable_dhcp": False}
        subnet_id = self.neutron.post("/subnets", json={"subnet": subnet}).json()["subnet"]["id"]
        router = {"name": f"deletes{number}", "external_gateway_info": {"network_id": self.outside_id}}
        router_id = self.neutron.post("/routers", json={"router": router}).json()["router"]["id"]
        self.neutron.put(f"/routers/{router_id}/add_router_interface", json={"subnet_id": subnet_id})
        self.routers.append((router_id, subnet_id))

    def take_apart(self, cpu_seconds: Callable[[str], float]) -> None:
        """The next router."""
        router_id, subnet_id = self.routers.pop(0)
        path = f"/routers/{router_id}"
        with self._measured(_INTERFACE, cpu_seconds):
            self.neutron.put(f"{path}/remove_router_interface", json={"subnet_id": subnet_id})
        with self._measured(_ROUTER, cpu_seconds):
            self.neutron.delete(path)

    @contextlib.contextmanager
    def _measured(self, step: str, cpu_seconds: Callable[[str], float]) -> Iterator[None]:
        used, began = cpu_seconds(self.service), time.perf_counter()
        yield
        self.seconds.setdefault(step, []).append(time.perf_counter() - began)
        self.cpu.setdefault(step, []).append(cpu_seconds(self.service) - used)

    def remove(self) -> None:
        """Take away what is left."""
        for router_id, subnet_id in self.routers:
            path = f"/routers/{router_id}"
            self.neutron.put(f"{path}/remove_router_interface", json={"subnet_id": subnet_id}, raise_exc=False)
            self.neutron.delete(path, raise_exc=False)
        for network_id in self.networks:
            self.neutron.delete(f"/networks/{network_id}", raise_exc=False)


def measure(cloud: Cloud, wire: Wire, count: int) -> list[Figure]:
    """So many on each side; remove what was made."""
    region, central = cloud.lab.layout.regions[0], cloud.lab.layout.central
    outside, made = cloud.external_network(region)
    with plain.running(cloud, region) as other:
        admin = other.adapter("admin", "demo")
        hints = {"availability_zone_hints": [region.name]}
        ours = Side("ours", f"neutron-api@{central.name}", cloud.admin(central), hints, outside["id"])
        theirs = Side("plain ML2", plain.NAME, admin, {}, clouds.make_outside(admin, {"name": "deletes"})["id"])
        try:
            return _measured(cloud, wire, (ours, theirs), region, count)
        finally:
            ours.remove()
            if made:
                cloud.admin(central).delete(f"/networks/{outside['id']}", raise_exc=False)


def _measured(cloud: Cloud, wire: Wire, sides: tuple[Side, Side], region: Region, count: int) -> list[Figure]:
    ours, theirs = sides
    for number, side in itertools.product(range(count + _WARM_UP), sides):
        side.make(number)
    for network_id in ours.networks:
        cloud.admin(region).get(f"/networks/{network_id}")  # so that the routers have parts there
    cloud.settle(wire)
    cpu_seconds = cloud.lab.processes.cpu_seconds
    cloud.lab.stop([_WORKER])
    for _, side in itertools.product(range(count + _WARM_UP), sides):
        side.take_apart(cpu_seconds)
    before = cpu_seconds(ours.service)
    cloud.lab.up(Reporter(), only=[_WORKER])
    cloud.settle(wire)
    afterwards = (cpu_seconds(ours.service) - before) / (count + _WARM_UP)
    return [
        *_figures(ours, theirs),
        Figure("afterwards, to tell its region: CPU seconds of central a router", round(afterwards, 3), "s"),
    ]


def _figures(ours: Side, theirs: Side) -> list[Figure]:
    # The target is one for what a deletion costs: the time is this, and whatever else the machine does.
    return [
        *_compared(f"{_INTERFACE}: time", ours.seconds[_INTERFACE], theirs.seconds[_INTERFACE]),
        *_compared(f"{_INTERFACE}: CPU", ours.cpu[_INTERFACE], theirs.cpu[_INTERFACE]),
        *_compared(f"{_ROUTER}: time", ours.seconds[_ROUTER], theirs.seconds[_ROUTER]),
        *_compared(f"{_ROUTER}: CPU", ours.cpu[_ROUTER], theirs.cpu[_ROUTER], _TARGET),
    ]


def _compared(what: str, ours: Sequence[float], theirs: Sequence[float], target: float | None = None) -> list[Figure]:
    mine, other = (statistics.median(taken[_WARM_UP:]) for taken in (ours, theirs))
    name, value = f"{what}, ratio of medians", mine / other
    return [
        Figure(name, round(value, 3), "") if target is None else at_most(name, value, "", target),
        Figure(f"{what}, ours", round(mine * 1000, 1), "ms"),
        Figure(f"{what}, plain ML2", round(other * 1000, 1), "ms"),
    ]
