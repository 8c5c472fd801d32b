"""The HTTP server under tricircle-api."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
import requests

from tricircle.cmd.server import Server, listen


class Application:
    """Answers once it may."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.entered.set()
        self.may_answer.wait(10)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100000")])
        return [b"x" * 100_000]


def test_stop_lets_a_request_come_to_its_end() -> None:
    application, listening = Application(), listen("127.0.0.1", 0)
    server = Server(application, listening, threads=2)
    server.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    answers: list[requests.Response] = []
    client = threading.Thread(target=lambda: answers.append(requests.get(url, timeout=10)))
    client.start()
    assert application.entered.wait(5)
    stopping = threading.Thread(target=server.stop, args=(10,))
    stopping.start()
    time.sleep(0.3)
    assert stopping.is_alive(), "it waits for the request"
    application.may_answer.set()
    for thread in (client, stopping):
        thread.join(5)
        assert not thread.is_alive()
    server.wait()
    assert len(answers[0].content) == 100_000


def test_stop_does_not_wait_for_ever() -> None:
    application, listening = Application(), listen("127.0.0.1", 0)
    server = Server(application, listening, threads=1)
    server.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

    def broken_off() -> None:
        with pytest.raises(requests.RequestException):
            requests.get(url, timeout=20)

    client = threading.Thread(target=broken_off)
    client.start()
    assert application.entered.wait(5)
    began = time.monotonic()
    server.stop(grace=0.5)
    application.may_answer.set()
    client.join(10)
    assert time.monotonic() - began < 8


def test_idle_connections_do_not_delay_a_stop() -> None:
    application, listening = Application(), listen("127.0.0.1", 0)
    application.may_answer.set()
    server = Server(application, listening, threads=1)
    server.start()
    with requests.Session() as session:
        session.get(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=10)
        began = time.monotonic()
        server.stop(grace=10)
        assert time.monotonic() - began < 5


def test_taken_port_is_an_error_at_once() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])
