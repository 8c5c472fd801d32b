"""Central Neutron for tests of the regions' plugin: the real one, in a process of its own, on a loopback port."""

import contextlib
import copy
import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.functional.network.identity import ADMIN, Caller
from tricircle.db import pods as pods_db
from tricircle.db import schema
from tricircle.db.engine import Database
from tricircle.domain.pods import Pod

START_SECONDS = 60
STOP_SECONDS = 10
REQUEST_SECONDS = 30

CONFIG = """
[DEFAULT]
core_plugin = tricircle.network.central_plugin.TricirclePlugin
service_plugins =
auth_strategy = keystone
api_paste_config = {prefix}/etc/neutron/api-paste.ini
transport_url = fake:/
state_path = {folder}
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
max_dns_nameservers = 2
max_subnet_host_routes = 2
tricircle_db_connection = {tricircle_url}
[database]
connection = {url}
max_pool_size = 20
[oslo_concurrency]
lock_path = {folder}/locks
[keystone_authtoken]
auth_type = none
endpoint = http://127.0.0.1:1
www_authenticate_uri = http://127.0.0.1:1
service_token_roles = service
service_token_roles_required = true
[tricircle]
type_drivers = vxlan,vlan,flat,local
tenant_network_types = vxlan,local
vni_ranges = 1001:9000
network_vlan_ranges = bridge:2001:3000,extern:3001:4000,physnet1:1:100,physnet2:200:300
flat_networks = bridge,extern
"""

# Neutron's migrations fill the table of default rules; a schema made from the models has it empty.
DEFAULT_RULES = [
    {"direction": direction, "ethertype": ethertype, "used_in_default_sg": True, **more}
    for ethertype in ("IPv4", "IPv6")
    for direction, more in (
        ("egress", {"used_in_non_default_sg": True}),
        ("ingress", {"used_in_non_default_sg": False, "remote_group_id": "PARENT"}),
    )
]

Json = dict[str, Any]


class CentralServer:
    """Central Neutron with pods CentralRegion, RegionOne (az1) and RegionTwo (az2).

    It can go away and come back, with all it knows.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        """``database_url`` has Neutron's schema, and no rows."""
        self.database_url = database_url
        self._folder = folder
        self._access_log = folder / "access.log"
        self._access_log.touch()
        self._log = folder / "neutron.log"
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.tricircle = Database(f"sqlite:///{folder}/tricircle.sqlite")
        schema.sync(self.tricircle)
        with self.tricircle.writer() as session:
            zones = (("CentralRegion", ""), ("RegionOne", "az1"), ("RegionTwo", "az2"))
            self.pods: dict[str, Pod] = {
                region: pods_db.create(session, region_name=region, az_name=az) for region, az in zones
            }
        tricircle_url = f"sqlite:///{folder}/tricircle.sqlite"
        config = CONFIG.format(prefix=sys.prefix, folder=folder, url=database_url, tricircle_url=tricircle_url)
        (folder / "neutron.conf").write_text(config)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns when it serves. At its second start it has the port of the first."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        env = {**os.environ, "OS_NEUTRON_CONFIG_DIR": str(self._folder), "OS_NEUTRON_CONFIG_FILES": "neutron.conf"}
        command = [sys.executable, "-m", "tests.functional.network.central_process", str(listener.fileno())]
        with listener, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self._access_log)],
                env=env,
                cwd=Path(__file__).parents[3],
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            # The socket listens already: this is answered as soon as Neutron can.
            requests.get(f"{self.url}/", timeout=START_SECONDS).raise_for_status()
        except requests.RequestException as error:
            self.stop()
            raise RuntimeError(f"central Neutron does not start: {self._log.read_text()[-4000:]}") from error

    def stop(self) -> None:
        """Connections are refused afterwards."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Not there while inside: connections are refused."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def twin(self) -> Iterator["CentralServer"]:
        """A further API process of the same central, on a port of its own, while inside."""
        twin = copy.copy(self)
        twin._port, twin._process = 0, None
        twin.start()
        try:
            yield twin
        finally:
            twin.stop()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Takes connections while inside, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def seen(self) -> Iterator[list[str]]:
        """The requests ("POST /v2.0/ports") that came while inside; to be read afterwards."""
        start = self._access_log.stat().st_size
        lines: list[str] = []
        yield lines
        with self._access_log.open() as log:
            log.seek(start)
            lines += log.read().splitlines()

    def call(self, method: str, path: str, body: Json | None = None, *, caller: Caller = ADMIN) -> "Answer":
        """One request to ``/v2.0`` + path."""
        headers = {"X-Auth-Token": caller.token}
        response = requests.request(
            method, f"{self.url}/v2.0{path}", json=body, headers=headers, timeout=REQUEST_SECONDS
        )
        return Answer(response.status_code, response.json() if response.content else {})

    def add_default_rules(self) -> None:
        """What Neutron's migrations would have put in."""
        for rule in DEFAULT_RULES:
            self.call("POST", "/default-security-group-rules", {"default_security_group_rule": rule}).of(201)


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and body."""

    status: int
    body: Json

    def of(self, status: int) -> Json:
        """The body, if the status is that one."""
        assert self.status == status, (self.status, self.body)
        return self.body
