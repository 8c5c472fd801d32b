"""How long a router takes to reach every region, and how many HTTP requests it costs: `./dev bench-router`.

A router gets subnets one by one, each in one region in turn. When it has 2, 4, 8, 16 or 32, the last one is measured:
from the API's answer until the router of each region, in its host's kernel, has a route to every subnet of the other
regions; and all requests between the servers until the wire is quiet again. Nothing else runs in the lab. Then floating
IPs are given to an instance in a region without the gateway, each until it answers a host outside. At last routers
with a gateway are deleted, ours and those of a plain Neutron (`benchmarks/router_deletes.py`).
"""

import argparse
import dataclasses
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from benchmarks import cloud as clouds
from benchmarks import counts, router_deletes
from benchmarks.cloud import Cloud, wait_until
from benchmarks.results import Figure, at_most, publish
from benchmarks.wire import Request, Wire
from tricircle_lab import commands, fabric
from tricircle_lab.errors import LabError
from tricircle_lab.instances import BootRequest
from tricircle_lab.layout import Region

_SIZES = (2, 4, 8, 16, 32)
_REGIONS = (2, 3)
_DELETIONS = 20
_FLOATING_IPS = 10
_REQUESTS_A_REGION = 4
_FLOATING_SECONDS = 5
_ROUTERS_PATHS = ("regional-routers", "router-copies")
# From one doubling to the next a subnet's requests stay the same, where they grow with N; they would double with N².
_GROWTH = 1.3


class Bench:
    """One router over some regions."""

    def __init__(self, cloud: Cloud, wire: Wire, regions: Sequence[Region]) -> None:
        """Creates the router."""
        self._cloud = cloud
        self._wire = wire
        self._regions = regions
        self._central = cloud.admin(cloud.lab.layout.central)
        self._networks: list[dict[str, Any]] = []
        self._rules: list[str] = []
        self._router_id = self._central.post("/routers", json={"router": {"name": "bench"}}).json()["router"]["id"]

    def run(self) -> list[Figure]:
        """The router's growth."""
        figures: list[Figure] = []
        totals: list[int] = []
        start = len(self._wire.requests())
        where = f"over {len(self._regions)} regions"
        while len(self._networks) < max(_SIZES):
            measured = len(self._networks) + 1 in _SIZES
            if measured:
                # Agents are still at the subnets before; what they report is not this one's.
                wait_until(self._in_place, "every region has its routes")
            subnet_id = self._subnet()
            if measured:
                self._cloud.settle(self._wire)
            before, begun = len(self._wire.requests()), time.monotonic()
            self._central.put(f"/routers/{self._router_id}/add_router_interface", json={"subnet_id": subnet_id})
            if not measured:
                continue
            wait_until(self._in_place, "every region has its routes")
            seconds = time.monotonic() - begun
            self._cloud.settle(self._wire)
            name, target = f"{len(self._networks)} subnets {where}", _REQUESTS_A_REGION * len(self._regions)
            last, everything = self._ours(before), self._ours(start)
            totals.append(len(everything))
            figures += [
                Figure(f"{name}: the last in place", round(seconds, 2), "s"),
                _explained(at_most(f"{name}: requests for the last", len(last), "requests", target), last),
                Figure(f"{name}: requests for all", len(everything), "requests"),
            ]
        return [*figures, _growth(where, totals), self._one_more_instance(where)]

    def _subnet(self) -> str:
        """A subnet of a network that lives in the next region in turn, and is there."""
        number = len(self._networks)
        region = self._regions[number % len(self._regions)]
        body: dict[str, Any] = {"name": f"bench{number}", "availability_zone_hints": [region.name]}
        network = self._central.post("/networks", json={"network": body}).json()["network"]
        body = {
            "network_id": network["id"],
            "ip_version": 4,
            "cidr": f"10.{200 + len(self._regions)}.{number}.0/24",
            # DHCP servers would be busy meanwhile.
            "enable_dhcp": False,
        }
        subnet_id = str(self._central.post("/subnets", json={"subnet": body}).json()["subnet"]["id"])
        self._networks.append(network)
        self._cloud.admin(region).get(f"/networks/{network['id']}")
        return subnet_id

    def _in_place(self) -> bool:
        # A region in which the router has no subnet yet has none of the router either.
        concerned = self._regions[: len(self._networks)]
        return all(self._routes(region) >= self._elsewhere(index) for index, region in enumerate(concerned))

    def _elsewhere(self, index: int) -> int:
        count = len(self._regions)
        return sum(number % count != index for number in range(len(self._networks)))

    def _routes(self, region: Region) -> int:
        """How many routes by a next hop the router has on the region's host."""
        query = {"name": self._router_id, "fields": "id"}
        found = self._cloud.admin(region).get("/routers", params=query).json()["routers"]
        if not found:
            return 0
        command = ["ip", "netns", "exec", f"qrouter-{found[0]['id']}", "ip", "-4", "route"]
        try:
            return self._cloud.lab.hosts.run(region, *command).count(" via ")
        except LabError:
            return 0

    def _one_more_instance(self, where: str) -> Figure:
        self._cloud.settle(self._wire)
        before = len(self._wire.requests())
        name = f"bench-router-{len(self._regions)}"
        self._cloud.lab.instances.boot(BootRequest(name, self._regions[0], network=self._networks[0]["id"]))
        self._cloud.settle(self._wire)
        self._cloud.lab.instances.delete(name)
        about = [r for r in self._ours(before) if any(path in r.path for path in _ROUTERS_PATHS)]
        return _explained(
            at_most(f"one more instance {where}: requests about routers", len(about), "requests", 0), about
        )

    def floating_ips(self) -> Figure:
        """Seconds until a floating IP answers whose instance is in the first region, and its gateway in the last."""
        self._let_pings_in()
        outside, made = self._cloud.external_network(self._regions[-1])
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self._central.put(f"/routers/{self._router_id}", json=body)
        name = "bench-floating"
        instance = self._cloud.lab.instances.boot(BootRequest(name, self._regions[0], network=self._networks[0]["id"]))
        self._cloud.settle(self._wire)
        times = [self._floating_ip(outside, instance.port_id) for _ in range(_FLOATING_IPS)]
        self._cloud.lab.instances.delete(name)
        self._central.put(f"/routers/{self._router_id}", json={"router": {"external_gateway_info": {}}})
        if made:
            self._central.delete(f"/networks/{outside['id']}")
        what = f"floating IP in another region answers (median of {_FLOATING_IPS})"
        return at_most(what, round(statistics.median(times), 2), "s", _FLOATING_SECONDS)

    def _let_pings_in(self) -> None:
        project_id = self._cloud.lab.clients.session("admin", "demo").get_project_id()
        query = {"name": "default", "project_id": project_id}
        (group,) = self._central.get("/security-groups", params=query).json()["security_groups"]
        rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "icmp"}
        answer = self._central.post("/security-group-rules", json={"security_group_rule": rule}, raise_exc=False)
        if answer.status_code == 201:  # else there is one already
            self._rules.append(answer.json()["security_group_rule"]["id"])

    def _floating_ip(self, outside: dict[str, Any], port_id: str) -> float:
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": port_id}}
        floating = self._central.post("/floatingips", json=body).json()["floatingip"]
        begun = time.monotonic()
        ping = ["ping", "-c", "1", "-W", "1", floating["floating_ip_address"]]
        ping = fabric.in_namespace(self._cloud.lab.layout.outside_namespace, ping)

        def answers() -> bool:
            try:
                commands.run(ping)
            except LabError:
                return False
            return True

        wait_until(answers, f"{floating['floating_ip_address']} answers")
        seconds = time.monotonic() - begun
        self._central.delete(f"/floatingips/{floating['id']}")
        self._cloud.settle(self._wire)
        return seconds

    def remove(self) -> None:
        """Take away what was made."""
        query = {"device_id": self._router_id, "device_owner": "network:router_interface"}
        for port in self._central.get("/ports", params=query).json()["ports"]:
            path = f"/routers/{self._router_id}/remove_router_interface"
            self._central.put(path, json={"port_id": port["id"]})
        self._central.delete(f"/routers/{self._router_id}")
        for network in self._networks:
            self._central.delete(f"/networks/{network['id']}")
        for rule_id in self._rules:
            self._central.delete(f"/security-group-rules/{rule_id}")
        self._cloud.settle(self._wire)

    def _ours(self, before: int) -> list[Request]:
        """Requests between the servers since then, without those that come by the clock."""
        asked = [request for request in self._wire.requests()[before:] if request.agent != clouds.AGENT]
        return [request for request in asked if counts.purpose(request) != counts.AUDIT]


def _growth(where: str, totals: Sequence[int]) -> Figure:
    """How much more requests a subnet costs at the last doubling than at the one before."""
    before, after = ((totals[i] - totals[i - 1]) / (_SIZES[i] - _SIZES[i - 1]) for i in (-2, -1))
    return at_most(f"requests a subnet {where}: growth at the last doubling", after / before, "times", _GROWTH)


def _explained(figure: Figure, requests: Sequence[Request]) -> Figure:
    """Of a figure that misses its target, print and note what the requests were, and why there are such."""
    if figure.ok is not False:
        return figure
    kinds = Counter((counts.purpose(item), item.server) for item in requests)
    lines = [f"{count} x {kind} at {server}: {counts.reason(kind)}" for (kind, server), count in sorted(kinds.items())]
    start = f"{figure.name}: {figure.value:g} and not {figure.target:g}, for there were"
    Console().print("\n  ".join([start, *lines]), highlight=False)
    return dataclasses.replace(figure, why="; ".join(lines))


def measure(cloud: Cloud, regions: Sequence[int], deletions: int) -> list[Figure]:
    """Over so many regions, with floating IPs over the fewest, and so many deletions of routers."""
    layout = cloud.lab.layout
    wire = Wire({region.neutron_port: region.name for region in layout.all_regions})
    wire.start()
    figures: list[Figure] = []
    try:
        for count in regions:
            figures += _measured(Bench(cloud, wire, layout.regions[:count]), floating_ips=count == min(regions))
        figures += router_deletes.measure(cloud, wire, deletions)
    finally:
        wire.stop()
    return figures


def _measured(bench: Bench, *, floating_ips: bool) -> list[Figure]:
    try:
        return [*bench.run(), *([bench.floating_ips()] if floating_ips else [])]
    finally:
        bench.remove()


def main() -> None:
    """Entry point."""
    clouds.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    clouds.add_options(parser)
    parser.add_argument("--deletions", type=int, default=_DELETIONS, metavar="N", help=f"a side ({_DELETIONS})")
    parser.add_argument("--deletions-only", action="store_true", help="nothing but these (bench/router-deletions.json)")
    options = parser.parse_args()
    regions, name = ((), "router-deletions") if options.deletions_only else (_REGIONS, "router")
    with clouds.running(options.state_dir, options.cache_dir, regions=max(regions, default=1)) as cloud:
        figures = measure(cloud, regions, options.deletions)
    publish(name, figures)


if __name__ == "__main__":
    main()
