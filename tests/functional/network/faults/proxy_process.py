"""The process of ``Proxy``: passes requests on to one server, and lies when it is told to.

Run with the socket's file descriptor and the server's host and port.
"""

import http.client
import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.functional.network.faults import lies
from tests.functional.network.faults.lies import Answer, Lie

CONTROL = "/lie"
# Longer than any client waits.
HANG_SECONDS = 60
SERVER_SECONDS = 60


class Liar:
    """Knows whether to lie, and what was answered before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self.order({"lie": "", "at": 0, "on": False})

    def order(self, order: dict[str, Any]) -> None:
        """``lie``, about the ``at``-th request from now, and if it goes ``on``, about those after it."""
        with self._lock:
            self._order = order
            self._seen = self._told = 0

    def counts(self) -> dict[str, int]:
        """Requests since the order, and lies told."""
        with self._lock:
            return {"seen": self._seen, "told": self._told}

    def lie(self, key: str) -> Lie | None:
        """What to do with the next request."""
        with self._lock:
            self._seen += 1
            due = self._seen == self._order["at"] or (self._order["on"] and self._seen > self._order["at"])
            if not self._order["lie"] or not due:
                return None
            lie = Lie(self._order["lie"])
            if lie in lies.REMEMBERING and key not in self._answers:
                return None
            self._told += 1
            return lie

    def remember(self, key: str, answer: Answer) -> None:
        """What is answered truly."""
        with self._lock:
            self._answers[key] = answer

    def earlier(self, key: str) -> Answer:
        """What was answered truly last."""
        with self._lock:
            return self._answers[key]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    liar: Liar
    server_address: tuple[str, int]

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, http.client.HTTPException, TimeoutError):
            self.close_connection = True

    def any_method(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == CONTROL:
            self._control(body)
        elif self.path == "/":  # whether anybody is there
            self._answer(self._forward(body))
        else:
            self._maybe_lie(body)

    do_GET = do_POST = do_PUT = do_DELETE = any_method  # noqa: N815 - the base's names

    def _control(self, body: bytes) -> None:
        counts = self.liar.counts()
        if self.command == "PUT":
            self.liar.order(json.loads(body))
        self._answer(Answer(200, "application/json", json.dumps(counts).encode()))

    def _maybe_lie(self, body: bytes) -> None:
        key = lies.key(self.command, self.path, body)
        lie = self.liar.lie(key)
        if lie is None:
            true = self._forward(body)
            self.liar.remember(key, true)
            self._answer(true)
        elif lie is Lie.RESET:
            self._reset()
        elif lie is Lie.HANG:
            self._hang()
        else:
            self._answer_falsely(lie, key, body)

    def _answer_falsely(self, lie: Lie, key: str, body: bytes) -> None:
        true = self._forward(body) if lie in lies.PASSED_ON else None
        if answer := lies.invented(lie):
            self._answer(answer)
        elif lie is Lie.STALE:
            self._answer(lies.as_if_to(body, self.liar.earlier(key)))
        elif true is not None:
            self._answer(true, len(true.body) // 2)
        else:
            self._answer(self.liar.earlier(key))

    def _forward(self, body: bytes) -> Answer:
        server = http.client.HTTPConnection(*self.server_address, timeout=SERVER_SECONDS)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            server.request(self.command, self.path, body or None, headers)
            response = server.getresponse()
            return Answer(response.status, response.headers.get("Content-Type", ""), response.read())
        finally:
            server.close()

    def _answer(self, answer: Answer, length: int | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[:length])
        self.close_connection = length is not None

    def _reset(self) -> None:
        """Close at once, so that the peer gets RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        for end in (self.rfile, self.wfile, self.connection):
            end.close()
        self.close_connection = True

    def _hang(self) -> None:
        """Say nothing until the peer goes."""
        self.connection.settimeout(HANG_SECONDS)
        self.connection.recv(1)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    descriptor, host, port = sys.argv[1:]
    Handler.liar, Handler.server_address = Liar(), (host, int(port))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(descriptor))
    server.serve_forever()


if __name__ == "__main__":
    main()
