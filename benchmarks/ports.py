"""What a port costs with our plugin, against the same Neutron with plain ML2: `./dev bench-ports`.

Both are asked in turns, a few ports each, so that whatever else the machine does meets both. Nova's way is POST and
then PUT with the host; no instance is plugged, so the ports stay DOWN. With `--cores`, all servers of the lab, plain
ML2 among them, share so many cores while they are asked: what a starved machine pays.
"""

import argparse
import contextlib
import itertools
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from keystoneauth1.adapter import Adapter

from benchmarks import cloud as clouds
from benchmarks import plain
from benchmarks.cloud import Cloud
from benchmarks.results import Figure, at_most, publish
from tricircle_lab.layout import Region

_TARGETS = {"POST": 2.3, "POST and PUT": 2.0}
_WARM_UP = 8


@dataclass
class Side:
    """One of the two servers: how its ports are made, and what they took (seconds by way and number of clients)."""

    name: str
    services: tuple[str, ...]
    tenant: Adapter
    nova: Adapter
    network_id: str
    host: str
    seconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    ports: list[str] = field(default_factory=list)

    def make(self, way: str) -> float:
        """One port; answers the seconds it took."""
        instance_id = str(uuid.uuid4())
        body = {"network_id": self.network_id, "device_id": instance_id, "admin_state_up": True}
        began = time.perf_counter()
        port = self.tenant.post("/ports", json={"port": body}).json()["port"]
        if way != "POST":
            bound = {"device_owner": "compute:nova", "binding:host_id": self.host, "binding:profile": {}}
            port = self.nova.put(f"/ports/{port['id']}", json={"port": bound}).json()["port"]
            if port["binding:vif_type"] != "ovs":
                raise RuntimeError(f"{self.name}: a port is {port['binding:vif_type']}")
        took = time.perf_counter() - began
        self.ports.append(port["id"])
        return took


def _sides(cloud: Cloud, region: Region, other: plain.Plain) -> tuple[Side, Side]:
    network_id = str(cloud.make_network("ports", "10.200.0.0/16")["id"])
    cloud.nova(region).get(f"/networks/{network_id}")  # from now on the region has it
    admin = other.adapter("admin", "demo")
    network = admin.post("/networks", json={"network": {"name": "ports"}}).json()["network"]
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.200.0.0/16"}
    admin.post("/subnets", json={"subnet": subnet})
    central = f"neutron-api@{cloud.lab.layout.central.name}"
    services = (f"neutron-api@{region.name}", central, f"neutron-periodic-workers@{region.name}", "tricircle-xjob")
    ours = Side("ours", services, cloud.tenant(region), cloud.nova(region), network_id, region.host)
    theirs = Side(
        "plain ML2",
        (plain.NAME,),
        other.adapter("demo", "demo"),
        other.adapter("nova", "service"),
        network["id"],
        region.host,
    )
    return ours, theirs


def _measure(sides: tuple[Side, Side], way: str, clients: int, ports: int) -> None:
    """So many ports on each side, in turns of one port a client."""
    with ThreadPoolExecutor(clients) as pool:
        for side in itertools.islice(itertools.cycle(sides), 2 * (ports // clients)):
            side.seconds.setdefault((way, clients), []).extend(pool.map(side.make, [way] * clients))


def _figures(ours: Side, theirs: Side) -> list[Figure]:
    figures = []
    for way, clients in ours.seconds:
        mine, other = (statistics.median(side.seconds[way, clients]) * 1000 for side in (ours, theirs))
        what = f"{way}, {clients} clients" if clients > 1 else f"{way}, 1 client"
        figures += [
            at_most(f"{what}: ratio of median times", mine / other, "", _TARGETS[way]),
            Figure(f"{what}: ours, median", round(mine, 1), "ms"),
            Figure(f"{what}: plain ML2, median", round(other, 1), "ms"),
        ]
    return figures


def measure(cloud: Cloud, ports: int, cores: float | None = None) -> list[Figure]:
    """Run it all, with so many cores (None: what the machine has), and remove what was made."""
    region, cpu_seconds = cloud.lab.layout.regions[0], cloud.lab.processes.cpu_seconds
    with plain.running(cloud, region) as other:
        sides = _sides(cloud, region, other)
        for clients in (1, 4):
            _measure(sides, "POST and PUT", clients, _WARM_UP)
        for side in sides:
            side.seconds.clear()
        made = [len(side.ports) for side in sides]
        before = [cpu_seconds(*side.services) for side in sides]
        with cloud.lab.processes.limited(cores) if cores else contextlib.nullcontext():
            for way, clients in itertools.product(_TARGETS, (1, 4)):
                _measure(sides, way, clients, ports)
        figures = _figures(*sides)
        for side, number, cpu in zip(sides, made, before, strict=True):
            spent = (cpu_seconds(*side.services) - cpu) / (len(side.ports) - number)
            figures.append(Figure(f"{side.name}: CPU seconds a port", round(spent, 4), "s"))
        _remove(cloud, sides[0])
    return figures


def _remove(cloud: Cloud, ours: Side) -> None:
    central = cloud.admin(cloud.lab.layout.central)
    for port_id in ours.ports:
        central.delete(f"/ports/{port_id}", raise_exc=False)
    central.delete(f"/networks/{ours.network_id}", raise_exc=False)


def main() -> None:
    """Entry point."""
    clouds.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    clouds.add_options(parser)
    parser.add_argument("--ports", type=int, default=60, help="ports a side, way and number of clients (60)")
    parser.add_argument("--cores", type=float, metavar="N", help="let the servers have so many together, as 0.5")
    options = parser.parse_args()
    name = f"ports-{options.cores:g}-cores" if options.cores else "ports"
    with clouds.running(options.state_dir, options.cache_dir, regions=1) as cloud:
        publish(name, measure(cloud, options.ports, options.cores))


if __name__ == "__main__":
    main()
