"""A WSGI application behind a threaded HTTP server (waitress) that stops without breaking requests off."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import create_server, wasyncore

_LOOK_SECONDS = 0.05


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, to be shared by processes forked afterwards. Raises OSError if the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


class Server:
    """One process's HTTP server on a socket that others may serve, too."""

    def __init__(self, application: WSGIApplication, listening: socket.socket, threads: int) -> None:
        self._channels: dict[int, Any] = {}
        self._server = create_server(
            application,
            map=self._channels,
            sockets=[listening],
            threads=threads,
            ident="tricircle-api",
            connection_limit=1000,
            asyncore_use_poll=True,  # select() does not work with descriptors above 1023
            clear_untrusted_proxy_headers=False,  # oslo.middleware decides about them
        )
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Accept nothing more, wait up to `grace` seconds for what is being answered, end."""
        self._in_loop(self._server.del_channel)
        deadline = time.monotonic() + grace
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        self._in_loop(lambda: wasyncore.close_all(self._channels))  # without channels the loop ends
        self._thread.join(grace)
        self._server.task_dispatcher.shutdown()

    def wait(self) -> None:
        """Until stopped."""
        self._thread.join()

    def _is_busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)

    def _in_loop(self, call: Callable[[], object]) -> None:
        self._server.trigger.pull_trigger(call)
