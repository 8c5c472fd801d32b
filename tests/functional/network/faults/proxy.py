"""A proxy before a server, in a process of its own, that lies about chosen requests."""

import contextlib
import dataclasses
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.functional.network.faults.lies import Lie
from tests.functional.network.faults.proxy_process import CONTROL

SECONDS = 10


@dataclasses.dataclass
class Counts:
    """Requests that passed, and lies that were told."""

    seen: int = 0
    told: int = 0


class Proxy:
    """Passes everything on to the server, but for what it is to lie about."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        self.url = url
        self._process = process

    @classmethod
    @contextlib.contextmanager
    def before(cls, server_url: str) -> Iterator["Proxy"]:
        """Runs while inside."""
        host, port = urlsplit(server_url).netloc.split(":")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [sys.executable, "-m", "tests.functional.network.faults.proxy_process"]
            process = subprocess.Popen(
                [*command, str(listener.fileno()), host, port],
                cwd=Path(__file__).parents[4],
                pass_fds=[listener.fileno()],
            )
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with process:
            try:
                yield cls(url, process)
            finally:
                process.kill()

    @contextlib.contextmanager
    def telling(self, lie: Lie | None, at: int = 1, *, on: bool = False) -> Iterator[Counts]:
        """While inside, it lies about the ``at``-th request, and ``on`` about those after it."""
        counts = Counts()
        self._order(lie or "", at, on)
        try:
            yield counts
        finally:
            counts.__dict__.update(self._order("", 0, on=False))

    def _order(self, lie: str, at: int, on: bool) -> dict[str, int]:
        order: dict[str, str | int] = {"lie": str(lie), "at": at, "on": on}
        response = requests.put(self.url + CONTROL, json=order, timeout=SECONDS)
        counts: dict[str, int] = response.json()
        return counts
