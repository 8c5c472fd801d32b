"""A Neutron server for tests: the real one, in a process of its own, on a loopback port."""

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
from typing import Self

import requests

from tests.functional.network.identity import ADMIN, Caller
from tricircle.domain.jsons import Json

START_SECONDS = 60
STOP_SECONDS = 10
REQUEST_SECONDS = 30

CONFIG = """
[DEFAULT]
auth_strategy = keystone
api_paste_config = {prefix}/etc/neutron/api-paste.ini
transport_url = fake:/
state_path = {folder}
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
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
"""


class NeutronServer:
    """One API process; it can go away and come back, with all it knows."""

    MODULE = "tests.functional.network.neutron_process"

    def __init__(self, folder: Path, database_url: str, config: str, *, sweeps: bool = False) -> None:
        """``database_url`` has Neutron's schema. ``config``: what makes it central's, or a region's.

        ``sweeps``: whether it does what ``neutron-periodic-workers`` does, too.
        """
        self.database_url = database_url
        self._folder = folder
        self._access_log = folder / "access.log"
        self._access_log.touch()
        self._log = folder / "neutron.log"
        self._port = 0
        self._sweeps = sweeps
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "neutron.conf"
        self._config.write_text(CONFIG.format(prefix=sys.prefix, folder=folder, url=database_url) + config)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def configure(self, lines: str) -> None:
        """Add lines to its configuration, which the next start reads."""
        with self._config.open("a") as config:
            config.write(lines)

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    def start(self) -> None:
        """Returns when it serves. At its second start it has the port of the first."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Begin to start: it takes connections, and answers later."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        env = {**os.environ, "OS_NEUTRON_CONFIG_DIR": str(self._folder), "OS_NEUTRON_CONFIG_FILES": "neutron.conf"}
        arguments = [str(listener.fileno()), str(self._access_log), *(["sweeps"] if self._sweeps else [])]
        with listener, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.MODULE, *arguments],
                env=env,
                cwd=Path(__file__).parents[3],
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def await_ready(self) -> None:
        """Returns when it serves."""
        try:
            # The socket listens already: this is answered as soon as Neutron can.
            requests.get(f"{self.url}/", timeout=START_SECONDS).raise_for_status()
        except requests.RequestException as error:
            self.stop()
            raise RuntimeError(f"Neutron does not start: {self.log[-4000:]}") from error

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
    def twin(self) -> Iterator[Self]:
        """A further API process of the same server, on a port of its own, while inside."""
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
        return call(self.url, method, path, body, caller=caller)


def call(url: str, method: str, path: str, body: Json | None = None, *, caller: Caller = ADMIN) -> "Answer":
    """One request to ``/v2.0`` + path of the server, or of whatever stands before servers, at ``url``."""
    headers = {"X-Auth-Token": caller.token}
    response = requests.request(method, f"{url}/v2.0{path}", json=body, headers=headers, timeout=REQUEST_SECONDS)
    return Answer(response.status_code, response.json() if response.content else {})


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and body."""

    status: int
    body: Json

    def of(self, status: int) -> Json:
        """The body, if the status is that one."""
        assert self.status == status, (self.status, self.body)
        return self.body
