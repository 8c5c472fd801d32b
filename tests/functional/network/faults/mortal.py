"""Neutron servers whose process ends at a commit."""

import contextlib
import dataclasses
from collections.abc import Iterator

import requests

from tests.functional.network.central_server import CentralServer
from tests.functional.network.neutron_server import REQUEST_SECONDS, NeutronServer
from tests.functional.network.region_server import RegionServer


@dataclasses.dataclass
class Sprung:
    """``died``: whether the process ended. ``commits``: how many there were, where it did not."""

    died: bool = False
    commits: int = 0


class MortalServer(NeutronServer):
    """It is there again, as a new process, when it has died."""

    MODULE = "tests.functional.network.faults.mortal_process"

    @contextlib.contextmanager
    def trap(self, how: str, at: int) -> Iterator[Sprung]:
        """While inside, the process ends ``before`` or ``after`` the n-th commit.

        Or each is a ``deadlock`` when it comes for the first time: the first, then the second, as far as ``at``.
        """
        pid = self._control("PUT", f"/trap?how={how}&at={at}")["pid"]
        sprung = Sprung()
        yield sprung
        found = self._control("GET", "/trap")
        sprung.died = found["pid"] != pid
        sprung.commits = 0 if sprung.died else found["commits"]
        self._control("PUT", "/trap?how=none&at=0")

    def sweep(self) -> None:
        """Have it do what it does from time to time."""
        self._control("POST", "/sweep")

    def _control(self, method: str, path: str) -> dict[str, int]:
        response = requests.request(method, self.url + path, timeout=REQUEST_SECONDS)
        response.raise_for_status()
        answer: dict[str, int] = response.json()
        return answer


class MortalCentral(MortalServer, CentralServer):
    """Central Neutron."""


class MortalRegion(MortalServer, RegionServer):
    """Neutron of a region."""
