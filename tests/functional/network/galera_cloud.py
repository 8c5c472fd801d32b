"""Central Neutron and a region on a Galera cluster: who writes at one node, is read at another.

Two API processes of central, on nodes 1 and 2, behind HAProxy; Neutron of RegionOne and Tricircle's workers on node 3.
"""

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from oslo_config import cfg

from tests.functional import haproxy
from tests.functional.galera import Galera
from tests.functional.network import keystone, neutron_database
from tests.functional.network.central_server import CentralServer
from tests.functional.network.region_server import RegionServer
from tricircle.conf import process, register_client_opts

HOST, VTEP = "host-1", "172.30.0.11"
STOP_SECONDS = 20

QUOTAS = """
[quotas]
quota_network = 1000
quota_subnet = 1000
quota_port = 1000
quota_security_group = 1000
quota_security_group_rule = 1000
"""
XJOB_MAIN = "from tricircle.cmd.xjob import main; main()"
XJOB = """
[DEFAULT]
tricircle_db_connection = {tricircle_url}
worker_threads = 8
job_poll_interval = 0.2
[client]
auth_url = {auth_url}
username = tricircle
password = secret
project_name = service
top_region_name = CentralRegion
"""


@dataclasses.dataclass
class Cloud:
    """``central_url``: of HAProxy. ``neutron_urls``, ``tricircle_urls``: of central's databases, by node."""

    galera: Galera
    folder: Path
    centrals: Sequence[CentralServer]
    central_url: str
    region: RegionServer
    neutron_urls: Sequence[str]
    tricircle_urls: Sequence[str]

    @property
    def urls(self) -> dict[str, str]:
        """The catalogue."""
        return {"CentralRegion": self.central_url, "RegionOne": self.region.url}

    @contextlib.contextmanager
    def conf(self, **networks: str) -> Iterator[Path]:
        """The workers' configuration file, good while inside. ``networks``: what is else in the catalogue."""
        path = self.folder / "xjob.conf"
        with keystone.serving({**self.urls, **networks}) as auth_url:
            path.write_text(XJOB.format(tricircle_url=self.tricircle_urls[2], auth_url=auth_url))
            yield path

    @contextlib.contextmanager
    def workers(self) -> Iterator[None]:
        """``tricircle-xjob`` runs while inside."""
        with self.conf() as path, (self.folder / "xjob.log").open("ab") as log:
            command = [sys.executable, "-c", XJOB_MAIN, "--config-file", str(path)]
            with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as xjob:
                try:
                    yield
                finally:
                    xjob.terminate()
                    xjob.wait(STOP_SECONDS)


def load(path: Path) -> cfg.ConfigOpts:
    """A worker's configuration, of this process."""
    return process.load_conf("tricircle-xjob", ["--config-file", str(path)], register_client_opts)


# Not for the session: its servers sweep, for as long as they live.
@pytest.fixture(scope="module")
def cloud(galera: Galera, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Once for all tests: each uses projects and networks of its own."""
    neutron_urls = galera.urls(neutron_database.create(galera.nodes[0]))
    region_url = galera.urls(neutron_database.create(galera.nodes[0]))[2]
    tricircle_urls = galera.create_database()
    with ExitStack() as stack:
        centrals = []
        for neutron_url, tricircle_url in zip(neutron_urls[:2], tricircle_urls[:2], strict=True):
            folder = tmp_path_factory.mktemp("central")
            central = CentralServer(folder, neutron_url, tricircle_url, QUOTAS, sweeps=True)
            centrals.append(central)
            stack.callback(central.tricircle.dispose)
            stack.callback(central.stop)
            central.launch()
        folder = tmp_path_factory.mktemp("cloud")
        balancer = stack.enter_context(haproxy.balancing(folder, [central.url for central in centrals]))
        region = RegionServer(tmp_path_factory.mktemp("region"), region_url, balancer, sweeps=True)
        stack.callback(region.stop)
        region.launch()
        for server in (*centrals, region):
            server.await_ready()
        centrals[0].add_default_rules()
        neutron_database.add_ovs_agent(region_url, HOST, VTEP)
        yield Cloud(galera, folder, centrals, balancer, region, neutron_urls, tricircle_urls)
