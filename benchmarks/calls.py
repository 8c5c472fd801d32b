"""How many HTTP requests the Neutrons spend on one another: `./dev bench-calls`.

Counted on the wire, with all servers of a lab of three regions on one machine. What the benchmark itself asks as
tenant, administrator or Nova is known by its User-Agent and left out; what remains is between the servers, Tricircle's
own workers among them. A scenario is over when central has what it is about, no job is left, and the wire is quiet.
"""

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from benchmarks import cloud as clouds
from benchmarks.cloud import Cloud, wait_until
from benchmarks.results import Figure, at_most, publish
from benchmarks.wire import Request, Wire
from tricircle_lab.instances import BootRequest
from tricircle_lab.layout import Region

_KEYSTONE = "Keystone"

_SLOW = "binding and status go together only if the status follows within three seconds; a slow machine takes longer"
_VIEW_A_REGION = (
    "central is asked for each region apart (what covers a remote group's members differs by region), then told"
)
_TABLE = (
    "the table of remote endpoints is fetched and set by a job of its own beside the view, and where it comes before "
    "the network is whole it asks for a second view; identity, and reports of DHCP server and instance, come besides"
)


@dataclass
class Count:
    """What one scenario cost."""

    name: str
    target: int
    requests: list[Request] = field(default_factory=list)
    later: list[Request] = field(default_factory=list)
    why: str = ""

    def figures(self) -> list[Figure]:
        """As they are published."""
        counted, later = _between_neutrons(self.requests), _between_neutrons(self.later)
        keystone = len(self.requests) + len(self.later) - len(counted) - len(later)
        return [
            at_most(self.name, len(counted), "requests", self.target),
            Figure(f"{self.name}: afterwards, to tell other regions", len(later), "requests"),
            Figure(f"{self.name}: to Keystone", keystone, "requests"),
        ]

    def explain(self) -> str:
        """Which requests they are, by server and path without ids; and why there are more than there should be."""
        counted = _between_neutrons(self.requests)
        kinds = Counter(f"{request.method} {_shape(request.path)} at {request.server}" for request in counted)
        said = "; ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items())) or "none"
        return said if len(counted) <= self.target else f"{said}\n  Missed: {self.why}"


def _between_neutrons(requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if request.server != _KEYSTONE]


def _shape(path: str) -> str:
    steps = path.partition("?")[0].split("/")
    return "/".join("{id}" if len(step) >= 32 else step for step in steps)


class Scenarios:
    """The scenarios, in an order in which each finds what it needs."""

    def __init__(self, cloud: Cloud, wire: Wire) -> None:
        self._cloud = cloud
        self._wire = wire
        self._central = cloud.lab.layout.central
        self._regions = cloud.lab.layout.regions
        self._numbers = itertools.count(1)
        self._networks: list[str] = []
        self._ports: list[str] = []
        self._instances: list[str] = []

    def run(self) -> list[Count]:
        """All of them."""
        first, second, third = self._regions[:3]
        self._warm_up()
        network_id, bulk = self._network(), self._network_in(first)
        counts = [
            self._count("first instance on a fresh network", 4, lambda: self._boot(first, network_id), _SLOW),
            self._count("second instance", 2, lambda: self._boot(first, network_id), _SLOW),
            self._count("100 ports in bulk", 3, lambda: self._bulk(first, bulk, 100), _SLOW),
            self._count("security group rule seen by 3 regions", 3, self._change_rule, _VIEW_A_REGION),
        ]
        wide = self._network_in(first)
        self._boot(second, wide)
        self._bulk(first, wide, 100)
        self._bulk(second, wide, 100)
        self._cloud.settle(self._wire)
        enter = "network of 200 ports entering a third region"
        counts.append(self._count(enter, 3, lambda: self._boot(third, wide), _TABLE))
        for _ in range(3):
            self._bulk(first, wide, 100)
        self._cloud.settle(self._wire)
        counts.append(self._count("list of 500 ports at central", 0, self._list_ports))
        return counts

    def remove(self) -> None:
        """Take away what was made, as far as it goes."""
        for name in self._instances:
            self._cloud.lab.instances.delete(name)
        central = self._cloud.admin(self._central)
        for port_id in self._ports:
            central.delete(f"/ports/{port_id}", raise_exc=False)
        for network_id in self._networks:
            central.delete(f"/networks/{network_id}", raise_exc=False)

    def _warm_up(self) -> None:
        """An instance in each region: tokens are got, the default group is everywhere."""
        network_id = self._network()
        for region in self._regions[:3]:
            self._boot(region, network_id)
        self._cloud.settle(self._wire)

    def _count(self, name: str, target: int, act: Callable[[], None], why: str = "") -> Count:
        """Do it; it returns when central has what it is about. What is asked later is told apart."""
        before = len(self._wire.requests())
        act()
        reached = len(self._wire.requests())
        self._cloud.settle(self._wire)
        found = self._wire.requests()
        counted, later = (
            [request for request in part if self._counts(request)] for part in (found[before:reached], found[reached:])
        )
        return Count(name, target, counted, later, why)

    @staticmethod
    def _counts(request: Request) -> bool:
        return request.agent != clouds.AGENT

    def _network(self) -> str:
        number = next(self._numbers)
        network_id = str(self._cloud.make_network(f"calls{number}", f"10.{100 + number}.0.0/22")["id"])
        self._networks.append(network_id)
        return network_id

    def _network_in(self, region: Region) -> str:
        """A network that the region has already."""
        network_id = self._network()
        self._boot(region, network_id)
        self._cloud.settle(self._wire)
        return network_id

    def _boot(self, region: Region, network_id: str) -> None:
        """An instance, until central has its binding and its status."""
        name = f"calls-vm{next(self._numbers)}"
        self._instances.append(name)
        instance = self._cloud.lab.instances.boot(BootRequest(name, region, network=network_id))
        self._await_binding([instance.port_id], region, "ACTIVE")

    def _bulk(self, region: Region, network_id: str, count: int) -> None:
        """So many ports in one request, bound to the region's host, until central has their bindings."""
        body: dict[str, Any] = {
            "network_id": network_id,
            "binding:host_id": region.host,
            "device_owner": "compute:nova",
        }
        made = self._cloud.admin(region).post("/ports", json={"ports": [body] * count}).json()["ports"]
        ids = [port["id"] for port in made]
        self._ports += ids
        self._await_binding(ids, region, None)

    def _await_binding(self, port_ids: Sequence[str], region: Region, status: str | None) -> None:
        central = self._cloud.admin(self._central)
        network_id = central.get(f"/ports/{port_ids[0]}").json()["port"]["network_id"]

        def bound() -> bool:
            fields = ["id", "status", "binding:host_id"]
            ports = central.get("/ports", params={"network_id": network_id, "fields": fields}).json()["ports"]
            found = {port["id"]: port for port in ports}
            mine = [found.get(port_id, {}) for port_id in port_ids]
            return all(
                port.get("binding:host_id") == region.host and status in (None, port.get("status")) for port in mine
            )

        wait_until(bound, "central has the bindings")

    def _change_rule(self) -> None:
        """One rule more in the default group, which all regions have."""
        central = self._cloud.tenant(self._central)
        project_id = self._cloud.lab.clients.session("demo", "demo").get_project_id()
        query = {"name": "default", "project_id": project_id}
        (group,) = central.get("/security-groups", params=query).json()["security_groups"]
        port = 20000 + int(time.time()) % 10000
        rule = {
            "security_group_id": group["id"],
            "direction": "ingress",
            "protocol": "tcp",
            "port_range_min": port,
            "port_range_max": port,
        }
        made = central.post("/security-group-rules", json={"security_group_rule": rule}).json()["security_group_rule"]

        def seen() -> bool:
            paths = [self._cloud.admin(region) for region in self._regions[:3]]
            query = {"id": made["id"]}
            return all(path.get("/security-group-rules", params=query).json()["security_group_rules"] for path in paths)

        wait_until(seen, "all regions have the rule")

    def _list_ports(self) -> None:
        listed = self._cloud.tenant(self._central).get("/ports").json()["ports"]
        if len(listed) < 500:
            raise RuntimeError(f"there are only {len(listed)} ports")


def measure(cloud: Cloud) -> list[Count]:
    """Run it all, and remove what was made."""
    layout = cloud.lab.layout
    servers = {region.neutron_port: region.name for region in layout.all_regions}
    wire = Wire({**servers, layout.keystone_port: _KEYSTONE})
    wire.start()
    scenarios = Scenarios(cloud, wire)
    try:
        return scenarios.run()
    finally:
        scenarios.remove()
        wire.stop()


def main() -> None:
    """Entry point."""
    clouds.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    clouds.add_options(parser)
    options = parser.parse_args()
    with clouds.running(options.state_dir, options.cache_dir, regions=3) as cloud:
        counts = measure(cloud)
    publish("calls", [figure for count in counts for figure in count.figures()])
    console = Console()
    for count in counts:
        console.print(f"{count.name}: {count.explain()}", highlight=False)


if __name__ == "__main__":
    main()
