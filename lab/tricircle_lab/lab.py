"""One lab: bring it up, look at it, take it down."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tricircle_lab import (
    configuration,
    control,
    fabric,
    hosts,
    keystone,
    mariadb,
    memcached,
    neutron,
    openvswitch,
    processes,
    rabbitmq,
    schemas,
    slots,
    supervisor,
)
from tricircle_lab.clients import Clients
from tricircle_lab.errors import LabError
from tricircle_lab.instances import Instances
from tricircle_lab.layout import MAX_HOLLOW, MAX_REGIONS, Layout, Region
from tricircle_lab.output import Reporter
from tricircle_lab.processes import ProcessTable
from tricircle_lab.units import Service, Task, Unit, select

DEFAULT_REGIONS = 2


@dataclass(frozen=True)
class ServiceStatus:
    """What `status` shows of a service; `memory` in bytes, `why` empty when it is ready."""

    name: str
    pid: int | None
    memory: int
    address: str
    ready: bool
    why: str


class Lab:
    """A lab that exists on this machine, running or not."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.processes = ProcessTable(layout.run / "services", layout.cgroup_name)
        self.hosts = hosts.Hosts(self.processes)

    @classmethod
    def open(cls, state_dir: Path, cache_dir: Path) -> Lab:
        """The lab in that state directory.

        :raises LabError: there is none.
        """
        try:
            stored = json.loads(_description(state_dir).read_text())
        except FileNotFoundError as error:
            raise LabError(f"no lab in {state_dir}; `tricircle-lab up` makes one") from error
        return cls(Layout(state_dir, cache_dir, stored["slot"], stored["regions"], stored.get("hollow", 0)))

    @classmethod
    def create(cls, state_dir: Path, cache_dir: Path, regions: int | None, hollow: int | None = None) -> Lab:
        """The lab in that state directory, made or enlarged to so many regions; it is never made smaller.

        :param regions: None: what it has; a new lab has two.
        :param hollow: regions with a Neutron API alone, beside those. None: what it has; a new lab has none.
        :raises LabError: too many regions or labs, or none.
        """
        try:
            former = json.loads(_description(state_dir).read_text())
        except FileNotFoundError:
            former = {"slot": None, "regions": 0}
        wanted = DEFAULT_REGIONS if regions is None and former["slot"] is None else regions or 0
        count, hollow_count = max(former["regions"], wanted), max(former.get("hollow", 0), hollow or 0)
        _check(count, hollow_count)
        state_dir.mkdir(parents=True, exist_ok=True)
        slot = slots.claim(state_dir, former["slot"])
        lab = cls(Layout(state_dir, cache_dir, slot, count, hollow_count))
        if former["slot"] is None:
            # What a lab left there whose state directory was removed by hand.
            lab._end_everything()
        _description(state_dir).write_text(json.dumps({"slot": slot, "regions": count, "hollow": hollow_count}))
        return lab

    @cached_property
    def clients(self) -> Clients:
        return Clients(self.layout)

    @cached_property
    def instances(self) -> Instances:
        return Instances(self.layout, self.hosts, self.clients)

    def region(self, name: str) -> Region:
        """:raises LabError: the lab has no such region."""
        try:
            return self.layout.region(name)
        except KeyError as error:
            names = ", ".join(region.name for region in self.layout.all_regions)
            raise LabError(f"no region {name}; there are {names}") from error

    def units(self, report: Reporter | None = None) -> list[Unit]:
        """Everything that makes up the running lab."""
        layout = self.layout
        databases = mariadb.Databases(layout, report.done if report else print)
        found: list[Unit] = [mariadb.service(layout), databases.task(schemas.databases(layout))]
        found += rabbitmq.units(layout)
        for region in layout.regions:
            found.append(hosts.service(region))
            found += openvswitch.units(self.hosts, region)
            found.append(rabbitmq.relay(layout, self.hosts, region))
        found += keystone.units(layout, self.clients)
        for region in (*layout.regions, *layout.hollow_regions, layout.central):
            found.append(memcached.service(region))
            found += neutron.server_units(layout, region)
        found += control.units(layout)
        for region in layout.regions:
            agents = neutron.agent_units(self.clients, region)
            found += agents
            found.append(self._restore_instances(region, agents))
        return found

    def _restore_instances(self, region: Region, agents: Sequence[Unit]) -> Task:
        needed = tuple(agent.name for agent in agents)
        return Task(f"instances@{region.name}", lambda: self.instances.restore(region), after=needed)

    def up(self, reporter: Reporter, only: Sequence[str] = ()) -> set[str]:
        """Start what is not running; return the names of the services that were started.

        :raises LabError: something could not be made or started.
        """
        with self._alone():
            configuration.write(self.layout)
            for region in self._new_hosts():
                self.processes.kill(hosts.service_name(region))
            wanted = self.units(reporter)
            if only:
                try:
                    wanted = select(wanted, list(only))
                except KeyError as error:
                    raise LabError(f"no service {error}; `tricircle-lab status` lists them") from error
            keeper = supervisor.Supervisor(self.processes, self.hosts.enter, self.layout.log, reporter)
            return keeper.bring_about(wanted)

    def _new_hosts(self) -> list[Region]:
        made = fabric.build(self.layout)
        return [region for region in self.layout.regions if region.namespace in made]

    def status(self) -> list[ServiceStatus]:
        """Every service, in the order in which they build on one another."""
        services = [unit for unit in self.units() if isinstance(unit, Service)]
        with ThreadPoolExecutor(max_workers=16) as pool:
            return list(pool.map(self._service_status, services))

    def _service_status(self, service: Service) -> ServiceStatus:
        main = self.processes.main(service.name)
        why = supervisor.why_not_ready(service, main) if main else "is not running"
        memory = processes.memory(self.processes.members(service.name))
        return ServiceStatus(service.name, main.pid if main else None, memory, service.address, why is None, why or "")

    def stop(self, names: Sequence[str]) -> None:
        """Stop services, as an administrator would.

        :raises LabError: there is no service of one of these names.
        """
        services = [unit.name for unit in self.units() if isinstance(unit, Service)]
        for name in names:
            if name not in services:
                raise LabError(f"no service {name}; `tricircle-lab status` lists them")
        with self._alone():
            for name in names:
                self.processes.stop(name)

    def down(self) -> None:
        """End every process and remove every namespace and file of the lab; only the cache stays."""
        with self._alone():
            self._end_everything()
            shutil.rmtree(self.layout.state_dir)
        slots.release(self.layout.slot)

    def _end_everything(self) -> None:
        self.processes.kill_all()
        processes.kill_in_namespaces(fabric.namespace_paths(self.layout.prefix))
        fabric.remove(self.layout.prefix)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Not two commands at once that change what is running."""
        with (self.layout.state_dir / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LabError("another `tricircle-lab` command is changing this lab just now") from error
            yield


def _check(regions: int, hollow: int) -> None:
    for count, most, what in ((regions, MAX_REGIONS, "regions"), (hollow, MAX_HOLLOW, "hollow regions")):
        if not 0 <= count <= most:
            raise LabError(f"a lab has at most {most} {what}, not {count}")
    if not regions + hollow:
        raise LabError("a lab has at least one region")


def _description(state_dir: Path) -> Path:
    return state_dir / "lab.json"
