"""The lab as benchmarks use it: its own, or one that runs; with clients that can be told from the servers."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from keystoneauth1.adapter import Adapter

from benchmarks.wire import Wire
from tricircle.db import models
from tricircle.db.engine import Database
from tricircle_lab import cli
from tricircle_lab.lab import Lab
from tricircle_lab.layout import OUTSIDE, Region
from tricircle_lab.output import Reporter

AGENT = "tricircle-bench"
_ACCOUNTS = (("admin", "admin"), ("admin", "demo"), ("demo", "demo"), ("nova", "service"))
_PATIENCE = 300
# A hundred ports in one request take long on a busy machine.
_REQUEST_SECONDS = 300.0
# So long without a request is quiet.
_QUIET_SECONDS = 1.5
_REPORTS = sa.table("tricircle_reports")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add those that name the lab."""
    parser.add_argument("--state-dir", type=Path, help="a running lab to use; without it one is made and taken down")
    parser.add_argument("--cache-dir", type=Path, default=Path(f"{cli.DEFAULT_STATE_DIR}-cache"))


def end_on_sigterm() -> None:
    """Take the lab down also when this process is terminated.

    This process only: pyroute2 works in forked ones, which it terminates.
    """
    owner = os.getpid()

    def end(*_: object) -> None:
        if os.getpid() != owner:
            os._exit(1)
        sys.exit(1)

    signal.signal(signal.SIGTERM, end)


class Cloud:
    """A running lab; `tenant`, `nova` and `admin` are clients of its Neutrons."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.database = Database(lab.layout.database_url("tricircle"))
        regions = (*lab.layout.regions, *lab.layout.hollow_regions)
        self._neutrons = [Database(lab.layout.database_url(region.database)) for region in regions]
        for user, project in _ACCOUNTS:
            session = lab.clients.session(user, project)
            session.user_agent, session.timeout = AGENT, _REQUEST_SECONDS

    def admin(self, region: Region) -> Adapter:
        """An administrator of the project that the others work in."""
        return self.lab.clients.network(region, "admin", "demo")

    def tenant(self, region: Region) -> Adapter:
        """A member of that project."""
        return self.lab.clients.network(region, "demo", "demo")

    def nova(self, region: Region) -> Adapter:
        """Nova's own account."""
        return self.lab.clients.network(region, "nova", "service")

    def worker(self, region: Region) -> Adapter:
        """Tricircle's own account, which speaks for every region."""
        return self.lab.clients.network(region, self.lab.layout.central.account, "service")

    def central_database(self) -> Database:
        """That of central's Neutron."""
        return Database(self.lab.layout.database_url(self.lab.layout.central.database))

    def make_network(self, name: str, cidr: str) -> dict[str, Any]:
        """A network of type vxlan with a subnet, at central."""
        central = self.admin(self.lab.layout.central)
        body = {"network": {"name": name, "provider:network_type": "vxlan"}}
        network: dict[str, Any] = central.post("/networks", json=body).json()["network"]
        subnet = {"network_id": network["id"], "ip_version": 4, "cidr": cidr}
        central.post("/subnets", json={"subnet": subnet})
        return network

    def make_pods(self) -> None:
        """Have Tricircle know every region."""
        api = Adapter(self.lab.clients.session("admin", "admin"), endpoint_override=self.lab.layout.tricircle_url)
        for region in self.lab.layout.all_regions:
            pod = {
                "region_name": region.name,
                "az_name": "" if region.is_central else f"az{region.index}",
                "user_id": self.lab.clients.user_id(region.account),
            }
            api.post("/pods", json={"pod": pod}, raise_exc=False)

    def external_network(self, region: Region) -> tuple[dict[str, Any], bool]:
        """That of a region, and whether it was made now: a lab after its walk has one."""
        central = self.admin(self.lab.layout.central)
        for known in central.get("/networks", params={"router:external": True}).json()["networks"]:
            if known["availability_zone_hints"] == [region.name]:
                return known, False
        body = {"name": "bench-outside", "availability_zone_hints": [region.name]}
        return make_outside(central, body), True

    def jobs_left(self) -> int:
        """How many jobs wait or run."""
        return _rows(self.database, models.Job)

    def reports_left(self) -> int:
        """How many changes of ports central has not been told of yet: a region may wait for more to tell."""
        return sum(_rows(neutron, _REPORTS) for neutron in self._neutrons)

    def settle(self, wire: Wire) -> None:
        """Return once nothing is left to do, and nobody has asked anybody for a while. Raises TimeoutError."""
        wait_until(lambda: self._quiet(wire), "no jobs, no reports, and no requests")

    def _quiet(self, wire: Wire) -> bool:
        before = len(wire.requests())
        time.sleep(_QUIET_SECONDS)
        return self.jobs_left() == self.reports_left() == 0 and len(wire.requests()) == before


def _rows(database: Database, table: Any) -> int:
    with database.reader() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def make_outside(neutron: Adapter, fields: dict[str, Any]) -> dict[str, Any]:
    """An external network with the fabric's outside as its subnet."""
    body = {
        "router:external": True,
        "provider:network_type": "flat",
        "provider:physical_network": "extern",
        **fields,
    }
    network: dict[str, Any] = neutron.post("/networks", json={"network": body}).json()["network"]
    subnet = {
        "network_id": network["id"],
        "ip_version": 4,
        "cidr": str(OUTSIDE.network),
        "gateway_ip": str(OUTSIDE.ip),
        "enable_dhcp": False,
    }
    neutron.post("/subnets", json={"subnet": subnet})
    return network


def wait_until(true: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    """Return once it is true. Raises TimeoutError, naming `what`, after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.1)


@contextmanager
def running(state_dir: Path | None, cache_dir: Path, regions: int, hollow: int = 0) -> Iterator[Cloud]:
    """The lab in that folder, with so many regions, and hollow ones; or one made for the block."""
    if state_dir is not None:
        yield _open(Lab.create(state_dir.resolve(), cache_dir, regions, hollow))
        return
    with tempfile.TemporaryDirectory(prefix="tricircle-bench-") as name:
        lab = Lab.create(Path(name) / "state", cache_dir, regions, hollow)
        try:
            yield _open(lab)
        finally:
            lab.down()


def enlarged(cloud: Cloud, hollow: int) -> Cloud:
    """The same lab with so many hollow regions, if it had fewer."""
    layout = cloud.lab.layout
    if layout.hollow_count >= hollow:
        return cloud
    return _open(Lab.create(layout.state_dir, layout.cache_dir, None, hollow))


def _open(lab: Lab) -> Cloud:
    lab.up(Reporter())
    cloud = Cloud(lab)
    cloud.make_pods()
    return cloud
