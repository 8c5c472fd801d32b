"""Whether a server answers, as one process knows it: known to one thread, known to all."""

import contextvars
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from tricircle.regions.errors import RegionError, RegionSlowError, RegionUnavailableError

LOG = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds after which a request that is not answered makes one ask whether the server answers anything; and again.
SUSPECT_SECONDS = 2.0
AGAIN_SECONDS = 5.0
PROBE_SECONDS = 2.0
# Seconds between two looks whether a server that was away is back.
WATCH_SECONDS = 1.0
# A request that waits so long is slow; of slow ones only so many threads may be waiting.
SLOW_SECONDS = 5.0


class Liveness:
    """Lets requests through to one server as long as it answers.

    A server that takes connections and says nothing would hold every thread that asks it for the whole timeout. So a
    request that waits is doubted after two seconds: one thread, for all, sees whether the server answers anything. If
    not, those who wait are told, and whoever comes is told at once, until it is back. A server whose threads are all
    taken lets the look wait too: as long as it answers others meanwhile, it is busy, and not away. One that answers,
    but is slow, may hold ``max_slow`` threads; who comes then is told that it is slow.

    :param probe: says whether the server answers anything within so many seconds.
    """

    def __init__(self, name: str, probe: Callable[[float], bool], max_slow: int) -> None:
        """Nothing is sent yet."""
        self._name = name
        self._probe = probe
        self._max_slow = max_slow
        self.begin()
        _ALL.add(self)

    def begin(self) -> None:
        """Know nothing: at first, and in a process that was forked, which has none of its parent's threads."""
        self._lock = threading.Lock()
        self._probing: Future[bool] | None = None
        self._waiting: dict[int, float] = {}
        self._answered = 0.0  # when it last answered anything
        self.is_away = False

    def call(self, send: Callable[[], T]) -> T:
        """``send()``, or an end to the waiting for it.

        :raises RegionUnavailableError: the server is away, or slow. What was sent may still be carried out.
        """
        if self.is_away:
            raise RegionUnavailableError(f"{self._name} does not answer")
        slow = self._count_slow()
        if slow >= self._max_slow:
            raise RegionSlowError(f"{self._name} is slow: {slow} requests have waited for long")
        future: Future[T] = _begin(contextvars.copy_context().run, self._noting, send)
        key = id(future)
        with self._lock:
            self._waiting[key] = time.monotonic()
        try:
            return self._await(future)
        finally:
            with self._lock:
                self._waiting.pop(key, None)

    def _noting(self, send: Callable[[], T]) -> T:
        """``send()``; an answer, be it a refusal, shows that the server is there, also when nobody waits any more."""
        try:
            answer = send()
        except RegionUnavailableError:
            raise
        except RegionError:
            self._answered = time.monotonic()
            raise
        self._answered = time.monotonic()
        return answer

    def _count_slow(self) -> int:
        since = time.monotonic() - SLOW_SECONDS
        with self._lock:
            return sum(began < since for began in self._waiting.values())

    def _await(self, future: Future[T]) -> T:
        patience = SUSPECT_SECONDS
        while True:
            try:
                return future.result(patience)
            except TimeoutError:
                if future.done():  # it is the request's own error
                    return future.result()
            if self.is_away or not self._doubt().result():
                raise RegionUnavailableError(f"{self._name} does not answer")
            patience = AGAIN_SECONDS

    def _doubt(self) -> Future[bool]:
        """The look whether the server answers that is going on; a new one if there is none."""
        with self._lock:
            if self._probing is None or self._probing.done():
                self._probing = _begin(self._look)
            return self._probing

    def _look(self) -> bool:
        begun = time.monotonic()
        if self._probe(PROBE_SECONDS) or self._answered > begun:
            return True
        with self._lock:
            first, self.is_away = not self.is_away, True
        if first:
            LOG.warning("%s does not answer; it is not asked until it does", self._name)
            threading.Thread(target=self._watch, name="liveness", daemon=True).start()
        return False

    def _watch(self) -> None:
        while not self._answers_again():
            time.sleep(WATCH_SECONDS)
        LOG.warning("%s answers again", self._name)
        self.is_away = False

    def _answers_again(self) -> bool:
        try:
            return self._probe(PROBE_SECONDS)
        except Exception:  # the thread must live on: as long as it does not end, the server is not asked
            LOG.exception("Whether %s answers again could not be seen", self._name)
            return False


_ALL: weakref.WeakSet[Liveness] = weakref.WeakSet()


def _begin_all() -> None:
    for one in list(_ALL):
        one.begin()


os.register_at_fork(after_in_child=_begin_all)


def _begin(work: Callable[..., T], *arguments: Any) -> Future[T]:
    """Do it in a thread that nobody needs to wait for, not even the end of the process."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except BaseException as error:  # whoever waits raises it
            future.set_exception(error)

    threading.Thread(target=run, name="asking", daemon=True).start()
    return future
