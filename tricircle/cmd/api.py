"""tricircle-api: the Admin API on its own HTTP server."""

import socket
import sys

from oslo_config import cfg

from tricircle.api import app
from tricircle.cmd import launcher
from tricircle.cmd.server import Server, listen
from tricircle.conf.process import load_conf


class ApiService(launcher.ServiceBase):  # type: ignore[misc]
    """One API process. The application is made before the fork: it connects to nothing before its first request."""

    def __init__(self, conf: cfg.ConfigOpts, application: app.WsgiApplication, listening: socket.socket) -> None:
        self._conf = conf
        self._application = application
        self._listening = listening
        self._server: Server | None = None

    def start(self) -> None:
        """Begin to serve."""
        self._server = Server(self._application, self._listening, self._conf.api_threads)
        self._server.start()

    def stop(self) -> None:
        """Accept nothing more, and let what is being answered come to its end."""
        if self._server is not None:
            self._server.stop(grace=self._conf.graceful_shutdown_timeout)

    def wait(self) -> None:
        """Until stopped."""
        if self._server is not None:
            self._server.wait()

    def reset(self) -> None:
        """Nothing to do at SIGHUP: options that may change are read again by oslo.config."""


def main(args: list[str] | None = None) -> int:
    """Entry point."""
    conf = load_conf("tricircle-api", sys.argv[1:] if args is None else args, app.register_opts)
    with launcher.startup("tricircle-api"):
        launcher.require_database(conf)
        service = ApiService(conf, app.build(conf), listen(conf.bind_host, conf.bind_port))
    return launcher.run(conf, service, conf.api_workers)
