"""How many HTTP requests the Neutrons spend on one another: `./dev bench-calls`.

Counted on the wire, with all servers of a lab of three regions on one machine. What the benchmark itself asks as
tenant, administrator or Nova is known by its User-Agent and left out; what remains is between the servers, Tricircle's
own workers among them. A scenario is over when central has what it is about, no job is left, and the wire is quiet.

Beside that, the bytes of what is told of one port more on a network of many, and of one member more of a group: see
``benchmarks.sizes``.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console

from benchmarks import cloud as clouds
from benchmarks import counts, sizes
from benchmarks.cloud import Cloud, wait_until
from benchmarks.counts import GROUPS, IDENTITY, KEYSTONE, REPORT, VIEW, Count, Plan
from benchmarks.results import publish
from benchmarks.wire import Request, Wire
from tricircle_lab.instances import BootRequest
from tricircle_lab.layout import Region

# Two reports of an instance's port: that Nova binds it, before Nova is answered, and that it is up.
_FIRST = Plan("first instance on a fresh network", 4, {VIEW: 1, IDENTITY: 1, REPORT: 2}, REPORT)
_SECOND = Plan("second instance", 3, {IDENTITY: 1, REPORT: 2}, REPORT)
_BULK = Plan("100 ports in bulk", 3, {IDENTITY: 1, REPORT: 2}, REPORT)
_RULE = Plan("security group rule seen by 3 regions", 3, {GROUPS: 3}, GROUPS)
_ENTER = Plan("network of 200 ports entering a third region", 4, {VIEW: 1, IDENTITY: 1, REPORT: 2}, REPORT)
_LIST = Plan("list of 500 ports at central", 0)
_CLIENTS = 4  # that remove what was made


class Scenarios:
    """The scenarios, in an order in which each finds what it needs."""

    def __init__(self, cloud: Cloud, wire: Wire, say: Callable[[str], None]) -> None:
        self._cloud = cloud
        self._wire = wire
        self._say = say
        self._project_id = str(cloud.lab.clients.session("demo", "demo").get_project_id())
        self._central = cloud.lab.layout.central
        self._regions = cloud.lab.layout.regions
        self._numbers = itertools.count(1)
        self._networks: list[str] = []
        self._ports: list[str] = []
        self._instances: list[str] = []
        self._rules: list[str] = []

    def run(self) -> list[Count]:
        """All of them."""
        self._cloud.admin(self._central).put(f"/quotas/{self._project_id}", json={"quota": {"port": -1}})
        first, second, third = self._regions[:3]
        self._warm_up()
        network_id, bulk = self._network(), self._network_in(first)
        found = [
            self._count(_FIRST, lambda: self._boot(first, network_id)),
            self._count(_SECOND, lambda: self._boot(first, network_id)),
            self._count(_BULK, lambda: self._bulk(first, bulk, 100)),
            self._count(_RULE, self._change_rule),
        ]
        wide = self._network_in(first)
        self._boot(second, wide)
        self._bulk(first, wide, 100)
        self._bulk(second, wide, 100)
        self._cloud.settle(self._wire)
        found.append(self._count(_ENTER, lambda: self._boot(third, wide)))
        for _ in range(2):
            self._make_ports(self._central, 100, {"network_id": wide})
        found.append(self._count(_LIST, self._list_ports))
        return found

    def remove(self) -> None:
        """Take away what was made, as far as it goes."""
        for name in self._instances:
            self._cloud.lab.instances.delete(name)
        central = self._cloud.admin(self._central)
        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(lambda port_id: central.delete(f"/ports/{port_id}", raise_exc=False), self._ports))
        for path in (
            *(f"/networks/{network_id}" for network_id in self._networks),
            *(f"/security-group-rules/{rule_id}" for rule_id in self._rules),
            f"/quotas/{self._project_id}",
        ):
            central.delete(path, raise_exc=False)

    def _warm_up(self) -> None:
        """An instance in each region: tokens are got, the default group is everywhere."""
        network_id = self._network()
        for region in self._regions[:3]:
            self._boot(region, network_id)
        self._cloud.settle(self._wire)

    def _count(self, plan: Plan, act: Callable[[], None]) -> Count:
        """Do it; it returns when central has what it is about. What is asked later is told apart."""
        self._say(plan.name)
        before = len(self._wire.requests())
        act()
        seen = time.time()
        self._cloud.settle(self._wire)
        return counts.split(plan, [r for r in self._wire.requests()[before:] if self._counts(r)], seen)

    @staticmethod
    def _counts(request: Request) -> bool:
        # A server that takes some seconds for an answer is looked at whether it answers at all: by the clock, not by
        # what is measured.
        return request.agent != clouds.AGENT and request.path != "/"

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
        body = {"network_id": network_id, "binding:host_id": region.host, "device_owner": "compute:nova"}
        self._await_binding(self._make_ports(region, count, body), region, None)

    def _make_ports(self, region: Region, count: int, body: dict[str, Any]) -> list[str]:
        """So many ports with one request; answers their ids."""
        made = self._cloud.admin(region).post("/ports", json={"ports": [body] * count}).json()["ports"]
        ids = [str(port["id"]) for port in made]
        self._ports += ids
        return ids

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
        query = {"name": "default", "project_id": self._project_id}
        (group,) = central.get("/security-groups", params=query).json()["security_groups"]
        port = 20000 + int(time.time()) % 10000
        rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
        rule |= {"port_range_min": port, "port_range_max": port}
        made = central.post("/security-group-rules", json={"security_group_rule": rule}).json()["security_group_rule"]

        def seen() -> bool:
            paths = [self._cloud.admin(region) for region in self._regions[:3]]
            query = {"id": made["id"]}
            return all(path.get("/security-group-rules", params=query).json()["security_group_rules"] for path in paths)

        wait_until(seen, "all regions have the rule")
        self._rules.append(made["id"])

    def _list_ports(self) -> None:
        listed = self._cloud.tenant(self._central).get("/ports").json()["ports"]
        if len(listed) < 500:
            raise RuntimeError(f"there are only {len(listed)} ports")


def measure(cloud: Cloud, say: Callable[[str], None], *, keep: bool) -> list[Count]:
    """Run it all; remove what was made, unless it may `keep` it."""
    layout = cloud.lab.layout
    servers = {region.neutron_port: region.name for region in layout.all_regions}
    wire = Wire({**servers, layout.keystone_port: KEYSTONE})
    wire.start()
    scenarios = Scenarios(cloud, wire, say)
    try:
        return scenarios.run()
    finally:
        if not keep:
            say("what was made is removed")
            scenarios.remove()
        wire.stop()


def main() -> None:
    """Entry point."""
    clouds.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    clouds.add_options(parser)
    options = parser.parse_args()
    console = Console()
    with clouds.running(options.state_dir, options.cache_dir, regions=3) as cloud:
        found = measure(cloud, console.print, keep=options.state_dir is None)
        told = sizes.measure(cloud, console.print, keep=options.state_dir is None)
    publish("calls", [*(figure for count in found for figure in count.figures()), *told])
    for count in found:
        console.print(f"{count.plan.name}: {count.says()}", highlight=False)


if __name__ == "__main__":
    main()
