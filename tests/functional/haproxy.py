"""HAProxy before some HTTP servers of the tests: each request goes to another server than the one before."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.functional.ports import free_port
from tests.functional.waiting import eventually

START_SECONDS = 10

_CONFIG = """
global
    maxconn 200
defaults
    mode http
    timeout connect 2s
    timeout client 120s
    timeout server 120s
listen servers
    bind 127.0.0.1:{port}
    balance roundrobin
"""


@contextmanager
def balancing(folder: Path, urls: Sequence[str]) -> Iterator[str]:
    """Serves while inside; answers its URL. ``urls``: of the servers, which may start later."""
    port, config = free_port(), folder / "haproxy.cfg"
    servers = "".join(f"    server s{number} {url.partition('//')[2]}\n" for number, url in enumerate(urls))
    config.write_text(_CONFIG.format(port=port) + servers)
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(config)])
    try:
        eventually(lambda: _listens(port), START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
