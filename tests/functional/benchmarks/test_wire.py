"""What benchmarks count on the wire."""

import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from benchmarks.wire import Request, Wire
from tests.functional.waiting import eventually

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("tcpdump") is None, reason="needs root and tcpdump")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def do_PUT(self) -> None:
        self.do_POST()


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Two servers' ports."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [server.server_address[1] for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


def test_each_request_is_counted_once_and_only_at_the_servers_named(ports: list[int]) -> None:
    """Bodies larger than a packet among them."""
    wire = Wire({ports[0]: "central"})
    wire.start()
    try:
        for number in range(20):
            for port in ports:
                url = f"http://127.0.0.1:{port}/v2.0/ports?{number}"
                requests.post(url, b"y" * 100_000 * (number % 2), timeout=10)
        requests.put(f"http://127.0.0.1:{ports[0]}/end", b"", headers={"User-Agent": "bench"}, timeout=10)
        end = Request("central", "PUT", "/end", "bench")
        eventually(lambda: end in wire.requests())
        found = wire.requests()
        assert [request.path for request in found] == [*(f"/v2.0/ports?{number}" for number in range(20)), "/end"]
        assert {request.method for request in found[:-1]} == {"POST"}
    finally:
        wire.stop()
