"""Central and a region that may die, each behind a proxy that may lie, and a worker."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import sqlalchemy as sa
from keystoneauth1 import session, token_endpoint
from neutron_lib.db import model_base

from tests.functional.mariadb import MariaDB
from tests.functional.network import neutron_database
from tests.functional.network.faults.mortal import MortalCentral, MortalRegion
from tests.functional.network.faults.proxy import Proxy
from tests.functional.network.identity import ADMIN, TRICIRCLE
from tests.functional.network.worker import Worker
from tests.functional.waiting import eventually
from tricircle.db import models
from tricircle.db.types import UtcDateTime
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.regions.neutron import Neutron

REGION = "RegionOne"
HOST, VTEP = "host-1", "172.30.0.11"
# Seconds that a worker, and the region, waits for an answer.
TIMEOUT = 8
# How often the sweeps, and the workers after them, may have to come until nothing is left to do.
ROUNDS = 8
# One round to the next: longer than every lease and every age at which a sweep thinks something lost.
HOURS = 25
START_SECONDS = 30

CENTRAL_OPTIONS = f"default_region_for_external_network = {REGION}\n"
REGION_OPTIONS = f"[client]\nneutron_timeout = {TIMEOUT}\n"

Done = list[tuple[JobType, str]]


class FaultyWorker(Worker):
    """A worker that reaches both Neutrons through the proxies."""

    def __init__(self, cloud: "Cloud") -> None:
        super().__init__(cloud)
        self._cloud = cloud

    def ask(self, request: JobRequest) -> None:
        """Have a job wait."""
        self._queue.enqueue([request])

    def central(self) -> Neutron:
        return neutron_at(self._cloud.before_central.url, "CentralRegion")

    def local(self, pod_id: str) -> Any:
        return neutron_at(self._cloud.before_region.url, REGION)


def neutron_at(url: str, name: str) -> Neutron:
    """As a worker has it."""
    neutron = Neutron(session.Session(token_endpoint.Token(url, TRICIRCLE.token)), None, endpoint=url, timeout=TIMEOUT)
    neutron.name = name
    return neutron


@dataclass
class Cloud:
    """What stands where. Tenants speak to the servers themselves, and the servers to each other through the proxies."""

    central: MortalCentral
    region: MortalRegion
    before_central: Proxy
    before_region: Proxy

    @cached_property
    def worker(self) -> FaultyWorker:
        """Runs the region's jobs."""
        return FaultyWorker(self)

    @cached_property
    def at_central(self) -> sa.Engine:
        """Central Neutron's database."""
        return sa.create_engine(self.central.database_url)

    @cached_property
    def in_region(self) -> sa.Engine:
        """The region's."""
        return sa.create_engine(self.region.database_url)

    def settle(self) -> None:
        """Have the sweeps and the workers do what is left to do, as hours pass."""
        done: Done = [(JobType.CONFIGURE_ROUTE, "never run")]
        for _ in range(ROUNDS):
            before, done = done, self.round()
            if not done and not before:
                return
        raise AssertionError(f"it does not come to rest: {done}")

    def round(self) -> Done:
        """Some hours pass, each sweep comes once, and the jobs that wait are run."""
        self.let_time_pass()
        self.central.sweep()
        self.region.sweep()
        return self.worker.run()

    def let_time_pass(self) -> None:
        """Have everything that was written, in each of the databases, be older by some hours."""
        for engine, tables in (
            (self.at_central, model_base.BASEV2.metadata.sorted_tables),
            (self.in_region, model_base.BASEV2.metadata.sorted_tables),
            (self.central.tricircle.engine, models.Base.metadata.sorted_tables),
        ):
            with engine.begin() as connection:
                for table in filter(ours, tables):
                    _age(connection, table)

    def make_external_network(self) -> Json:
        """At central, as an administrator makes it."""
        body: Json = {"network": {"name": "outside", "router:external": True, "availability_zone_hints": [REGION]}}
        network: Json = self.central.call("POST", "/networks", body).of(201)["network"]
        body = {"network_id": network["id"], "cidr": "203.0.113.0/24", "ip_version": 4, "enable_dhcp": False}
        self.central.call("POST", "/subnets", {"subnet": body}).of(201)
        return network

    def rows(self, engine: sa.Engine, *columns: Any) -> set[tuple[Any, ...]]:
        """Of one of the databases."""
        with engine.connect() as connection:
            return {tuple(row) for row in connection.execute(sa.select(*columns))}

    def dispose(self) -> None:
        """Close the connections."""
        for engine in (self.at_central, self.in_region):
            engine.dispose()


def ours(table: sa.Table) -> bool:
    """Whether a table is Tricircle's."""
    return table.name.startswith("tricircle_") or table.metadata is models.Base.metadata


def _age(connection: sa.Connection, table: sa.Table) -> None:
    names = [column.name for column in table.columns if isinstance(column.type, sa.DateTime | UtcDateTime)]
    if names:
        values = ", ".join(f"`{name}` = `{name}` - INTERVAL {HOURS} HOUR" for name in names)
        connection.execute(sa.text(f"UPDATE `{table.name}` SET {values}"))


# Not for the session: its servers sweep, for as long as they live.
@pytest.fixture(scope="package")
def cloud(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Once for all tests: each uses projects and networks of its own, and leaves nothing."""
    with ExitStack() as stack:
        central_url, region_url = neutron_database.create(mariadb), neutron_database.create(mariadb)
        folders = [tmp_path_factory.mktemp(name) for name in ("central", "region")]
        central = MortalCentral(folders[0], central_url, mariadb.create_database(), CENTRAL_OPTIONS)
        stack.callback(central.tricircle.dispose)
        stack.callback(central.stop)
        central.launch()
        before_central = stack.enter_context(Proxy.before(central.url))
        region = MortalRegion(folders[1], region_url, before_central.url, REGION)
        region.configure(REGION_OPTIONS)
        stack.callback(region.stop)
        region.launch()
        before_region = stack.enter_context(Proxy.before(region.url))
        for server in (central, region):
            server.await_ready()
        central.add_default_rules()
        neutron_database.add_ovs_agent(region_url, HOST, VTEP)
        made = Cloud(central, region, before_central, before_region)
        stack.callback(made.dispose)
        yield made


@pytest.fixture(scope="package")
def outside(cloud: Cloud) -> Json:
    """An external network, which is in the region, too."""
    network = cloud.make_external_network()
    # It may have looked for central before central was ready.
    eventually(lambda: cloud.region.call("GET", f"/networks/{network['id']}").status == 200, START_SECONDS)
    for region in (False, True):
        everything(cloud, "security-groups", region=region)  # Neutron makes the administrator's
    cloud.settle()
    return network


def everything(cloud: Cloud, kind: str, *, region: bool = False) -> dict[str, dict[str, Any]]:
    """Every object of a kind (``networks``) by id, as an administrator sees it there: such a list fetches nothing."""
    server = cloud.region if region else cloud.central
    found = server.call("GET", f"/{kind}", caller=ADMIN).of(200)[kind.replace("-", "_")]
    return {one["id"]: one for one in found}
