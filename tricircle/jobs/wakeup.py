"""Telling workers that there is work, by oslo.messaging: a hint only. One that is lost costs a polling interval."""

import functools
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from oslo_config import cfg
from oslo_service import backend
from oslo_utils import importutils

LOG = logging.getLogger(__name__)

_CLOSE_SECONDS = 5
_TARGET = {"topic": "tricircle_jobs", "version": "1.0"}


@functools.cache
def messaging() -> Any:
    """The module ``oslo_messaging``, working by threads.

    It imports oslo.service, which settles for eventlet unless something else has been chosen before. So it is imported
    when a process first needs it, and not with this module: the choice is of the whole process. In one of Neutron's it
    is Neutron's to make, and has been made.
    """
    with suppress(backend.exceptions.BackendAlreadySelected):
        backend.init_backend(backend.BackendType.THREADING)
    import oslo_messaging

    return oslo_messaging


def is_configured(conf: cfg.ConfigOpts) -> bool:
    """Whether the configuration names a message broker; oslo.messaging's own default does not count."""
    messaging().TransportURL.parse(conf)  # registers the option
    return bool(conf.get_location("transport_url").location.is_user_controlled and conf.transport_url)


def announcer(conf: cfg.ConfigOpts) -> Callable[[], None]:
    """What to call after work was put into the queue. Returns at once, and raises nothing."""
    return Announcer(conf).announce if is_configured(conf) else _be_silent


def _transport(conf: cfg.ConfigOpts) -> Any:
    rpc = messaging()
    # oslo.messaging reads these options from any configuration, but registers them on the global one only.
    for group in ("oslo_messaging_metrics", "oslo_messaging_tracing"):
        module = importutils.try_import(f"oslo_messaging.{group.removeprefix('oslo_messaging')}.client")
        conf.register_opts(getattr(module, group, []), group=group)
    return rpc.get_rpc_transport(conf)


def _be_silent() -> None:
    pass


class Announcer:
    """Sends hints from a thread of its own, so that a broker that is down holds nobody up.

    The thread begins with the first hint of each process, so that one may be made before a fork. Hints that come while
    one is being sent are sent as one.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._process: int | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def announce(self) -> None:
        """There is work."""
        if self._process != os.getpid():
            self._begin()
        self._wanted.set()

    def close(self) -> None:
        """Send no more, and leave the broker. Returns when that is done, or after some seconds without an answer."""
        self._closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _begin(self) -> None:
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._wanted = threading.Event()
                self._thread = threading.Thread(
                    target=self._send_hints, args=(self._wanted,), name="announce", daemon=True
                )
                self._thread.start()

    def _send_hints(self, wanted: threading.Event) -> None:
        transport: Any = None
        while wanted.wait() and not self._closing:
            wanted.clear()
            try:
                transport = transport or _transport(self._conf)
                _cast(transport)
            except messaging().MessagingException as error:
                LOG.debug("Workers were not told of new jobs: %s", error)
            except Exception as error:  # drivers let their libraries' errors through; the thread must outlive them
                LOG.warning("Workers were not told of new jobs: %s", error)
        if transport is not None:
            transport.cleanup()


def _cast(transport: Any) -> None:
    # No retries: by the time that the broker is back, polling has found the work.
    client = messaging().get_rpc_client(transport, messaging().Target(fanout=True, **_TARGET), retry=0)
    client.cast({}, "wake")


class Listener:
    """Calls `wake` at each hint, from a thread of its own; it waits for a broker that is not there yet."""

    def __init__(self, conf: cfg.ConfigOpts, name: str, wake: Callable[[], None]) -> None:
        self._conf = conf
        self._name = name
        self._wake = wake
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, if a broker is configured; returns at once."""
        if is_configured(self._conf):
            self._thread = threading.Thread(target=self._listen, name="listen", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begin to leave the broker; returns at once."""
        self._ending.set()

    def wait(self) -> None:
        """After `stop`: until the broker has been left, or some seconds if it does not answer."""
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _listen(self) -> None:
        transport = _transport(self._conf)
        server = messaging().get_rpc_server(
            transport,
            messaging().Target(topic=_TARGET["topic"], server=self._name),
            [_endpoint(self._wake)],
            access_policy=messaging().ExplicitRPCAccessPolicy,
        )
        server.start()
        self._ending.wait()
        server.stop()
        server.wait()
        transport.cleanup()


def _endpoint(wake: Callable[[], None]) -> Any:
    class Endpoint:
        target = messaging().Target(version=_TARGET["version"])

        @messaging().expose
        def wake(self, _context: dict[str, Any]) -> None:
            wake()

    return Endpoint()
