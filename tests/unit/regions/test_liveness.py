"""A server that takes requests and answers nothing costs those who ask it little, and those who come later nothing."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tricircle.regions import liveness
from tricircle.regions.errors import RegionError, RegionUnavailableError
from tricircle.regions.liveness import Liveness


class Server:
    """Answers while ``answers`` is set; counts who asks."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0
        self.probed = 0
        self.alive = True

    def request(self) -> str:
        self.asked += 1
        self.answers.wait()
        return "answer"

    def probe(self, timeout: float) -> bool:
        self.probed += 1
        return self.alive


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("SUSPECT_SECONDS", "AGAIN_SECONDS", "PROBE_SECONDS", "WATCH_SECONDS"):
        monkeypatch.setattr(liveness, name, 0.05)
    made = Server()
    yield made
    made.alive = True
    made.answers.set()


def until(what: str, true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_answers_and_errors_are_the_request_s_own(server: Server) -> None:
    live = Liveness("central", server.probe, max_slow=4)
    assert live.call(server.request) == "answer"
    with pytest.raises(RegionError, match="no such port"):
        live.call(lambda: (_ for _ in ()).throw(RegionError(404, "no such port")))
    with pytest.raises(TimeoutError, match="its own"):
        live.call(lambda: (_ for _ in ()).throw(TimeoutError("its own")))
    assert server.probed == 0


def test_one_look_for_all_who_wait_and_no_request_of_those_who_come_later(server: Server) -> None:
    live = Liveness("central", server.probe, max_slow=100)
    server.answers.clear()
    server.alive = False
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(live.call, server.request) for _ in range(10)]
        for one in waiting:
            with pytest.raises(RegionUnavailableError, match="central does not answer"):
                one.result(10)
    assert live.is_away
    asked = server.asked
    with pytest.raises(RegionUnavailableError):
        live.call(server.request)
    assert server.asked == asked == 10
    server.alive = True
    server.answers.set()
    until("it is known to be back", lambda: not live.is_away)
    assert live.call(server.request) == "answer"


def test_a_slow_server_is_waited_for(server: Server) -> None:
    live = Liveness("central", server.probe, max_slow=4)
    server.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(live.call, server.request)
        until("it was looked at several times", lambda: server.probed > 2)
        server.answers.set()
        assert waiting.result(10) == "answer"


def test_a_slow_server_holds_so_many_threads_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "SLOW_SECONDS", 0.1)
    live = Liveness("central", server.probe, max_slow=2)
    server.answers.clear()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(live.call, server.request) for _ in range(2)]
        until("both are slow", lambda: live._count_slow() == 2)
        with pytest.raises(RegionUnavailableError, match="central is slow"):
            live.call(server.request)
        server.answers.set()
        assert [one.result(10) for one in waiting] == ["answer"] * 2
    assert live.call(server.request) == "answer"


def test_a_forked_process_finds_out_for_itself() -> None:
    """It has none of its parent's threads, which would notice that the server is back."""
    liveness = Liveness("central", lambda seconds: True, 4)
    liveness.is_away = True
    child = os.fork()
    if child == 0:
        os._exit(0 if liveness.call(lambda: "answered") == "answered" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert liveness.is_away


def test_a_server_that_still_answers_others_is_busy_and_not_away(server: Server) -> None:
    """Its threads are all taken: the look waits behind them, as the request did."""

    def probe(timeout: float) -> bool:
        server.probed += 1
        server.answers.set()  # one that waited has its turn now
        time.sleep(0.1)
        return False

    live = Liveness("central", probe, max_slow=4)
    server.answers.clear()
    assert live.call(server.request) == "answer"
    assert server.probed == 1
    assert not live.is_away


def test_what_it_refuses_is_an_answer_and_an_error_on_the_way_is_none(server: Server) -> None:
    def probe(timeout: float) -> bool:
        server.answers.set()
        time.sleep(0.1)
        return False

    def ask(error: RegionError) -> str:
        server.answers.wait()
        raise error

    live = Liveness("central", probe, max_slow=4)
    server.answers.clear()
    with pytest.raises(RegionError, match="no such port"):
        live.call(lambda: ask(RegionError(404, "no such port")))
    assert not live.is_away
    server.answers.clear()
    with pytest.raises(RegionUnavailableError):
        live.call(lambda: ask(RegionUnavailableError("connection refused")))
    assert live.is_away
    server.alive = True


def test_a_look_that_fails_is_not_the_last(server: Server) -> None:
    looks = iter((False, RuntimeError("catalogue"), True))

    def probe(timeout: float) -> bool:
        seen = next(looks)
        if isinstance(seen, RuntimeError):
            raise seen
        return seen

    live = Liveness("central", probe, max_slow=4)
    server.answers.clear()
    with pytest.raises(RegionUnavailableError):
        live.call(server.request)
    until("it is asked again", lambda: not live.is_away)
