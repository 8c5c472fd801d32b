"""How soon a change is in the last of many regions, and what it costs each server: `./dev bench-scale`.

The regions are hollow: a Neutron API each, on this machine, with central and one worker. A project has a network and a
security group, and in each region a port on the one in the other. Then, one at a time, on an idle cloud: a rule is
added to the group, the network gets another name, and the first region reports that an instance's port is up. A change
is in a region when the row is in its database, which is read by one statement for all; no server is asked meanwhile.
What is used of the machine's cores is counted from the request until no job is left.
"""

import argparse
import functools
import itertools
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import cloud as clouds
from benchmarks import results
from benchmarks.cloud import Cloud, wait_until
from benchmarks.results import Figure, at_most
from benchmarks.sights import Rows, Sight
from tricircle_lab.layout import Region

_COUNTS = (10, 30)
_TIMES = 10
_WARM_UP = 2
_PATIENCE = 300.0
# That many regions get their copies, and many more are told of one another's ports.
_PREPARATION_PATIENCE = 1800.0
_CLIENTS = 4
_IDLE_SECONDS = 1.0
_SERVERS = ("central", "worker", "a region")
# The slowest is not to be much slower than most.
_WORST = 2.0
# What one rule costs central may vary by so much between two counts of regions, as anything measured does.
_NOISE = 1.2

# Makes one change, and says by which row it is to be seen.
Act = Callable[[], Sight]
# Prepares so many acts.
Kind = Callable[[int], list[Act]]


@dataclass
class Series:
    """A change made again and again: seconds until it was in the last region; CPU seconds of all, by server."""

    what: str
    regions: int
    seconds: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_SERVERS, 0.0))

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def worst(self) -> float:
        return max(self.seconds)

    def cpu_of_one(self, server: str) -> float:
        """CPU seconds of one change."""
        return self.cpu[server] / len(self.seconds)


class Project:
    """What the changes are made to, and how."""

    def __init__(self, cloud: Cloud) -> None:
        """Creates the network; no region has it yet."""
        self._numbers = itertools.count(1)
        self._network_id = str(cloud.make_network("scale", "10.250.0.0/16")["id"])
        self._group_id = ""
        self._ports: list[tuple[Region, str]] = []
        self._made: list[str] = []
        self.use(cloud, ())

    def use(self, cloud: Cloud, regions: Sequence[Region]) -> None:
        """From now on it is these regions; each gets a port, and with it network, subnet and group."""
        self._cloud, self._regions = cloud, regions
        self._central = cloud.tenant(cloud.lab.layout.central)
        new = [region for region in regions if region not in {known for known, _ in self._ports}]
        with ThreadPoolExecutor(_CLIENTS) as pool:
            self._ports += zip(new, pool.map(self._enter, new), strict=True)

    def _enter(self, region: Region) -> str:
        """What an instance does; answers its port's id."""
        tenant = self._cloud.tenant(region)
        tenant.get(f"/networks/{self._network_id}")
        body = {"network_id": self._network_id, "device_id": str(uuid.uuid4())}
        port = tenant.post("/ports", json={"port": body}).json()["port"]
        (self._group_id,) = port["security_groups"]
        return str(port["id"])

    def rules(self, count: int) -> list[Act]:
        """A rule more in the group."""
        return [self._add_rule] * count

    def _add_rule(self) -> Sight:
        port = 20000 + next(self._numbers)
        rule = {"security_group_id": self._group_id, "direction": "ingress", "protocol": "tcp"}
        rule |= {"port_range_min": str(port), "port_range_max": str(port)}
        made = self._central.post("/security-group-rules", json={"security_group_rule": rule}).json()
        rule_id = made["security_group_rule"]["id"]
        self._made.append(f"/security-group-rules/{rule_id}")
        return self._sight("securitygrouprules", {"id": rule_id})

    def names(self, count: int) -> list[Act]:
        """Another name for the network."""
        return [self._rename] * count

    def _rename(self) -> Sight:
        name = f"scale-{next(self._numbers)}"
        self._central.put(f"/networks/{self._network_id}", json={"network": {"name": name}})
        return self._sight("networks", {"id": self._network_id, "name": name})

    def endpoints(self, count: int) -> list[Act]:
        """A port of the first region is up: the region has no agents, so its report is made as it would make it."""
        region, *others = self._regions
        body = {"network_id": self._network_id, "device_owner": "compute:nova"}
        made = self._cloud.admin(region).post("/ports", json={"ports": [body] * count}).json()["ports"]
        self._made += [f"/ports/{port['id']}" for port in made]
        with _rows(self._cloud) as rows:  # a region that has never spoken of itself has none yet
            incarnation = rows.value(region.database, "tricircle_incarnations", "incarnation")
        account = self._cloud.lab.clients.network(self._cloud.lab.layout.central, region.account, "service")

        def act(port: dict[str, Any]) -> Sight:
            report = {"region_name": region.name, "incarnation": incarnation, "ports": [_up(region, port)]}
            account.post("/regional-reports", json={"regional_report": report})
            values = {"network_id": self._network_id, "mac_address": port["mac_address"]}
            return Sight("tricircle_remote_endpoints", values, [other.database for other in others])

        return [functools.partial(act, port) for port in made]

    def _sight(self, table: str, values: dict[str, str]) -> Sight:
        return Sight(table, values, [region.database for region in self._regions])

    def undo(self) -> None:
        """Take away what the changes have made, so that the next count of regions finds what this one did."""
        admin = self._cloud.admin(self._cloud.lab.layout.central)
        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(lambda path: admin.delete(path, raise_exc=False), self._made))
        self._made.clear()

    def remove(self) -> None:
        """Take away everything."""
        self.undo()
        admin = self._cloud.admin(self._cloud.lab.layout.central)
        for _, port_id in self._ports:
            admin.delete(f"/ports/{port_id}", raise_exc=False)
        admin.delete(f"/networks/{self._network_id}", raise_exc=False)


def _up(region: Region, port: dict[str, Any]) -> dict[str, Any]:
    """What a region reports of a port that its agent has seen to."""
    return {
        "id": port["id"],
        "revision": port["revision_number"] + 1,
        "status": "ACTIVE",
        "host": region.host,
        "vif_type": "ovs",
        "device_id": str(uuid.uuid4()),
        "device_owner": "compute:nova",
        "vtep": region.vtep,
    }


@contextmanager
def _rows(cloud: Cloud) -> Iterator[Rows]:
    rows = Rows(cloud.lab.layout.mysql_socket)
    try:
        yield rows
    finally:
        rows.close()


def _settle(cloud: Cloud, patience: float = _PATIENCE) -> None:
    """Return when there has been nothing to do for a while. Raises TimeoutError."""

    def idle() -> bool:
        return cloud.jobs_left() == cloud.reports_left() == 0

    def quiet() -> bool:
        if not idle():
            return False
        time.sleep(_IDLE_SECONDS)
        return idle()

    wait_until(quiet, "no jobs, and no reports", patience)


def _used(cloud: Cloud, regions: Sequence[Region]) -> dict[str, float]:
    """CPU seconds so far, by server; of a region's: what they have used on average."""
    cpu = cloud.lab.processes.cpu_seconds
    theirs = cpu(*(f"neutron-api@{region.name}" for region in regions)) / len(regions)
    found = (cpu(f"neutron-api@{cloud.lab.layout.central.name}"), cpu("tricircle-xjob"), theirs)
    return dict(zip(_SERVERS, found, strict=True))


def _series(cloud: Cloud, regions: Sequence[Region], what: str, kind: Kind, times: int) -> Series:
    series = Series(what, len(regions))
    acts = kind(times + _WARM_UP)
    with _rows(cloud) as rows:
        for number, act in enumerate(acts):
            _settle(cloud)
            before, began = _used(cloud, regions), time.monotonic()
            seen = rows.await_all(act(), began, _PATIENCE)
            wait_until(lambda: cloud.jobs_left() == 0, "no jobs")
            if number >= _WARM_UP:
                series.seconds.append(max(seen.values()))
                after = _used(cloud, regions)
                series.cpu = {server: spent + after[server] - before[server] for server, spent in series.cpu.items()}
    return series


def measure(cloud: Cloud, counts: Sequence[int], times: int, say: Callable[[str], None], *, keep: bool) -> list[Series]:
    """All changes, with so many regions and then with more; remove what was made, unless it may `keep` it."""
    found: list[Series] = []
    project = Project(cloud)
    try:
        for count in sorted(counts):
            say(f"{count} regions")
            cloud = clouds.enlarged(cloud, count)
            regions = cloud.lab.layout.hollow_regions[:count]
            project.use(cloud, regions)
            _settle(cloud, _PREPARATION_PATIENCE)
            for what, kind in _kinds(project).items():
                say(f"{count} regions: {what}")
                found.append(_series(cloud, regions, what, kind, times))
            project.undo()
            _settle(cloud, _PREPARATION_PATIENCE)
        return found
    finally:
        if not keep:
            project.remove()


def _kinds(project: Project) -> dict[str, Kind]:
    return {"a rule": project.rules, "a network's name": project.names, "a remote endpoint": project.endpoints}


def figures(found: Sequence[Series]) -> list[Figure]:
    """Of each change, the same figure for each count of regions, then how it grows from the fewest to the most."""
    made: list[Figure] = []
    for what in dict.fromkeys(series.what for series in found):
        mine = sorted((series for series in found if series.what == what), key=lambda series: series.regions)
        made += [Figure(f"{what} in {s.regions} regions: median", round(s.median, 2), "s") for s in mine]
        made += [
            at_most(f"{what} in {s.regions} regions: worst", s.worst, "s", round(_WORST * s.median, 3)) for s in mine
        ]
        for server in _SERVERS:
            name = f"CPU seconds of {server}"
            made += [
                Figure(f"{what} in {s.regions} regions: {name}", round(s.cpu_of_one(server), 3), "s") for s in mine
            ]
        if len(mine) > 1:
            made += _growth(mine[0], mine[-1])
    return made


def _growth(few: Series, many: Series) -> list[Figure]:
    """What more regions cost: time at most as many times as there are regions, central's for one rule nothing."""
    what, step = few.what, f"from {few.regions} to {many.regions} regions"
    made = [at_most(f"{what} {step}: median grows", many.median / few.median, "times", many.regions / few.regions)]
    if few.cpu_of_one("central") > 0:
        grown = many.cpu_of_one("central") / few.cpu_of_one("central")
        name = f"{what} {step}: CPU of central grows"
        made.append(
            at_most(name, grown, "times", _NOISE) if what == "a rule" else Figure(name, round(grown, 2), "times")
        )
    return made


def side_by_side(found: Sequence[Series]) -> Table:
    """For people: a line a figure, a column a count of regions."""
    counts = sorted({series.regions for series in found})
    table = Table("seconds", *(f"{count} regions" for count in counts), title="scale")
    for what in dict.fromkeys(series.what for series in found):
        mine = sorted((series for series in found if series.what == what), key=lambda series: series.regions)
        table.add_row(f"{what}: in the last region, median", *(f"{series.median:.2f}" for series in mine))
        table.add_row(f"{what}: in the last region, worst", *(f"{series.worst:.2f}" for series in mine))
        for server in _SERVERS:
            table.add_row(f"{what}: CPU of {server}", *(f"{series.cpu_of_one(server):.3f}" for series in mine))
    return table


def main() -> None:
    """Entry point."""
    clouds.end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    clouds.add_options(parser)
    parser.add_argument("--regions", type=_counts, default=_COUNTS, metavar="N,…", help="counts of regions (10,30)")
    parser.add_argument("--times", type=int, default=_TIMES, help=f"how often each change is made ({_TIMES})")
    options = parser.parse_args()
    console, fewest = Console(), min(options.regions)
    with clouds.running(options.state_dir, options.cache_dir, regions=0, hollow=fewest) as cloud:
        found = measure(cloud, options.regions, options.times, console.print, keep=options.state_dir is None)
    console.print(side_by_side(found))
    made = figures(found)
    results.publish("scale", made, shown=[figure for figure in made if figure.target is not None])


def _counts(text: str) -> tuple[int, ...]:
    """Raises ValueError, for argparse, if there is another than a count of two or more regions."""
    counts = tuple(int(word) for word in text.split(","))
    if min(counts) < 2:
        raise argparse.ArgumentTypeError(f"{text}: counts of two regions or more are needed, as 10,30")
    return counts


if __name__ == "__main__":
    main()
