"""Traffic between instances, and what of it arrived."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import resources

from tricircle_lab import commands, fabric
from tricircle_lab.errors import LabError
from tricircle_lab.guest import Guest
from tricircle_lab.layout import Layout

_PORT = "5001"
_SCRIPT = (sys.executable, str(resources.files("tricircle_lab") / "transfer.py"))


def ping(source: Guest, address: str, *, count: int = 3, patience: float = 0) -> str:
    """Ping until every one of `count` packets is answered; return the times as ping writes them.

    :param patience: seconds for which to try again. A new neighbour of another region is told of after the fact.
    :raises LabError: packets stay unanswered.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            said = source.run("ping", "-n", "-i", "0.2", "-W", "1", "-c", str(count), address)
        except LabError:
            said = ""
        if " 0% packet loss" in said:
            times = re.search(r"= (\S+ ms)", said)
            return times.group(1) if times else "answered"
        if time.monotonic() > deadline:
            raise LabError(f"no ping from {source.namespace} to {address}")
        time.sleep(0.5)


def await_answer(command: Sequence[str], patience: float) -> None:
    """Return when the command, a ping, has succeeded, or after `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(LabError):
            commands.run(command)
            return
        time.sleep(0.5)


def is_unreachable(source: Guest, address: str, *, patience: float = 0) -> bool:
    """Whether pings stay unanswered, or do so within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            source.run("ping", "-n", "-W", "1", "-c", "1", address)
        except LabError:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)


def transfer(source: Guest, target: Guest, address: str, *, size: int = 10_000_000) -> float:
    """Send `size` bytes over TCP; return the seconds it took.

    :param address: the target's, as the source is to address it.
    :raises LabError: not all of them arrived.
    """
    server = target.command(*_SCRIPT, "receive", _PORT)
    with subprocess.Popen(server, env=commands.environment(), stdout=subprocess.PIPE, text=True) as receiving:
        start = time.monotonic()
        try:
            source.run(*_SCRIPT, "send", address, _PORT, str(size), timeout=90)
            received = receiving.communicate(timeout=30)[0].strip()
        except (LabError, subprocess.TimeoutExpired) as error:
            raise LabError(f"no TCP from {source.namespace} to {address}: {error}") from error
        finally:
            receiving.kill()
    if received != str(size):
        raise LabError(f"{received} of {size} bytes went from {source.namespace} to {address}")
    return time.monotonic() - start


def fetch_from_outside(layout: Layout, target: Guest, address: str, patience: float) -> float:
    """Fetch a web page of an instance from the host outside; return the seconds until it came.

    :param patience: seconds for which to try again.
    :raises LabError: none comes.
    """
    server = target.command(sys.executable, "-m", "http.server", "8000")
    curl = ["curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "2", f"http://{address}:8000/"]
    start = time.monotonic()
    with subprocess.Popen(
        server, cwd="/", env=commands.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as serving:
        try:
            if _succeeds(fabric.in_namespace(layout.outside_namespace, curl), patience):
                return time.monotonic() - start
        finally:
            serving.kill()
    raise LabError(f"no answer from {address} outside, whose instance is {target.namespace}")


def _succeeds(command: list[str], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(LabError):
            commands.run(command)
            return True
        time.sleep(0.1)
    return False
