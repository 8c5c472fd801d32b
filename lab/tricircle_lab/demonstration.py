"""The walk through the system that its manual describes, with the commands of the manual.

Each command is shown before it runs. What is there already (from an earlier walk) is not made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from tricircle_lab import traffic
from tricircle_lab.demonstration_routers import RouterWalk
from tricircle_lab.errors import LabError
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import CENTRAL, Region
from tricircle_lab.manual import Manual
from tricircle_lab.nova import told
from tricircle_lab.output import table

# How long a region may take to learn of an endpoint in another one.
_PATIENCE = 30
_STRETCHED = "net3"


@dataclass(frozen=True)
class Planned:
    """An instance that the walk boots."""

    name: str
    region: Region
    network: str


class Walk(Manual):
    """The manual's steps for layer 2."""

    @property
    def _planned(self) -> list[Planned]:
        alone = [Planned(f"vm{i}", region, f"net{i}") for i, region in enumerate(self._regions, 1)]
        if len(self._regions) < 2:
            return alone
        return [*alone, *(Planned(f"vm{i}", region, _STRETCHED) for i, region in enumerate(self._regions, 3))]

    def pods(self) -> None:
        """Step 4: the regions that Tricircle manages."""
        pods = json.loads(self._openstack("multiregion networking pod list -f json"))
        known = {pod["region_name"] for pod in pods}
        regions = (self._lab.layout.central, *self._regions)
        for region in regions:
            if region.name not in known:
                zone = "" if region.is_central else f" --availability-zone az{region.index}"
                pod = f"--region-name {region.name}{zone} --user {region.account}"
                self._openstack(f"multiregion networking pod create {pod}")
        self.built.append(("pods", ", ".join(region.name for region in regions)))

    def networks(self) -> None:
        """Step 5: a network for each region, and one for both."""
        for number, region in enumerate(self._regions, 1):
            self._network(f"net{number}", f"--availability-zone-hint {region.name}", f"10.0.{number}.0/24")
        if len(self._regions) == 2:
            self._network(_STRETCHED, "--provider-network-type vxlan", "10.0.3.0/24")
        self._open_default_group()

    def _network(self, name: str, options: str, cidr: str) -> None:
        if not self._central("networks", name=name):
            self._openstack(f"--os-region-name {CENTRAL} network create {options} {name}")
        if not self._central("subnets", name=f"sub{name}"):
            self._openstack(
                f"--os-region-name {CENTRAL} subnet create --network {name} --subnet-range {cidr} sub{name}"
            )
        self.built.append((name, f"{cidr}, {options.split()[-1]}"))

    def _open_default_group(self) -> None:
        project = self._lab.clients.session("admin", "demo").get_project_id()
        group = self._central("security-groups", name="default", project_id=project)[0]
        allowed = {
            rule["protocol"] for rule in group["security_group_rules"] if rule["remote_ip_prefix"] == "0.0.0.0/0"
        }
        for protocol in ("icmp", "tcp"):
            if protocol not in allowed:
                rule = f"--ingress --protocol {protocol} --remote-ip 0.0.0.0/0"
                self._openstack(f"--os-region-name {CENTRAL} security group rule create {rule} {group['id']}")
        self.built.append(("security group default", "icmp and tcp from anywhere"))

    def instances(self) -> None:
        """Steps 6 and 7: instances (they need no image and no flavor here)."""
        running = {instance.name for instance in self._lab.instances.all()}
        for planned in self._planned:
            self._show(f"tricircle-lab boot {planned.name} --region {planned.region.name} --network {planned.network}")
        new = [planned for planned in self._planned if planned.name not in running]
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._boot, new))
        for planned, instance in zip(self._planned, self._booted(), strict=True):
            where = f"{instance.region}, {planned.network}, {', '.join(instance.addresses)}"
            self.built.append((f"instance {instance.name}", where))

    def _boot(self, planned: Planned) -> None:
        self._lab.instances.boot(BootRequest(planned.name, planned.region, network=planned.network))

    def ports(self) -> None:
        """Step 8: each port has the same id and address at central and in its region."""
        regions = {region.name: region for region in (self._lab.layout.central, *self._regions)}
        listed = {}
        for name, region in regions.items():
            self._openstack(f"--os-region-name {name} port list")
            listed[name] = {port["id"]: _addresses(port) for port in self._list(region, "ports")}
        for instance in self._booted():
            found = {name: ports[instance.port_id] for name, ports in listed.items() if instance.port_id in ports}
            if found != {name: set(instance.addresses) for name in (CENTRAL, instance.region)}:
                raise LabError(f"{instance.name} has port {instance.port_id}, which is {found or 'nowhere'}")
            self.passed.append((f"{instance.name}: one port, one address", f"{CENTRAL}, {instance.region}"))

    def traffic(self) -> None:
        """Pings both ways and a TCP transfer over the network that spans the regions."""
        ends = [instance for instance in self._booted() if instance.network_id == self._stretched_id()]
        for source, target in (ends, ends[::-1]) if len(ends) == 2 else ():
            self._show(f"tricircle-lab ping {source.name} {target.name}")
            times = traffic.ping(self._lab.instances.guest(source), target.addresses[0], patience=_PATIENCE)
            self.passed.append((f"ping {source.name} → {target.name} ({source.region} → {target.region})", times))
        if len(ends) == 2:
            size = 10_000_000
            guests = [self._lab.instances.guest(instance) for instance in ends]
            seconds = traffic.transfer(guests[0], guests[1], ends[1].addresses[0], size=size)
            rate = f"{size / 1e6:.0f} MB in {seconds:.1f} s"
            self.passed.append((f"TCP {ends[0].name} → {ends[1].name} ({ends[0].region} → {ends[1].region})", rate))

    def _stretched_id(self) -> str | None:
        found = self._central("networks", name=_STRETCHED)
        return str(found[0]["id"]) if found else None

    def absence(self) -> None:
        """A region holds nothing that nothing there asked for, and does not fetch what may not live there."""
        for number, region in enumerate(self._regions, 1):
            for other in self._regions:
                if other != region:
                    self._check_absent(f"net{number}", other)

    def _check_absent(self, name: str, region: Region) -> None:
        network_id = self._central("networks", name=name)[0]["id"]
        names = [network["name"] for network in self._list(region, "networks")]
        with told(f"looking for {name} in {region.name}"):
            client = self._lab.clients.network(region, "admin", "demo")
            status = client.get(f"/networks/{network_id}", raise_exc=False).status_code
        if name in names or status != 404:
            raise LabError(f"{name} should be absent from {region.name}: listed {names}, GET by id {status}")
        self.passed.append((f"{name} absent from {region.name}", "GET by id: 404"))

    def _booted(self) -> list[Instance]:
        return [self._lab.instances.get(planned.name) for planned in self._planned]


def _addresses(port: dict[str, Any]) -> set[str]:
    return {fixed["ip_address"] for fixed in port["fixed_ips"]}


def run(lab: Lab, console: Console) -> int:
    """Walk to the end or to the first failure; show what was built and what passed; return an exit code."""
    if not lab.layout.regions:
        raise LabError("the demo needs a region with a host; `tricircle-lab up --regions 2` adds two")
    walk, routers = Walk(lab, console), RouterWalk(lab, console)
    steps: list[Callable[[], None]] = [
        walk.pods,
        walk.networks,
        walk.instances,
        walk.ports,
        walk.traffic,
        walk.absence,
        routers.external_network,
        routers.router,
        routers.gateway,
        routers.east_west,
        routers.floating_ips,
    ]
    failure: LabError | None = None
    try:
        for step in steps:
            console.rule((step.__doc__ or "").strip().splitlines()[0], align="left")
            step()
    except LabError as error:
        failure = error
    console.print(table(("Built", ""), [*walk.built, *routers.built]))
    console.print(table(("Passed", ""), [*walk.passed, *routers.passed]))
    if failure:
        raise failure
    console.print("All passed.")
    return 0
