"""The process of ``NeutronServer``: Neutron's own WSGI application on a socket that the parent has opened.

Run with the socket's file descriptor, the access log's path, and ``sweeps`` where it shall do the plugin's periodic
work as well; Neutron's configuration comes by its own environment.
"""

import socket
import sys
from pathlib import Path

import waitress

from tests.functional.network.identity import Tokens

THREADS = 12


class AccessLog:
    """Writes each request's method and path before it is served: a client that has its answer finds it written."""

    def __init__(self, application, path):
        self._application = application
        self._file = Path(path).open("a", buffering=1)  # noqa: SIM115 - open as long as the process lives

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/":  # whether anybody is there
            self._file.write(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}\n")
        return self._application(environ, start_response)


def sweep() -> None:
    """Start what Tricircle's plugin does from time to time, in threads of this process."""
    from neutron.worker import PeriodicWorker
    from neutron_lib.plugins import directory

    for worker in directory.get_plugin().get_workers():
        if isinstance(worker, PeriodicWorker) and worker.desc.startswith("tricircle"):
            worker.start()


def main() -> None:
    descriptor, access_log, *more = sys.argv[1:]
    del sys.argv[1:]  # Neutron would take them for its own
    with Tokens():
        from neutron.wsgi.api import application  # importing it is starting it

        if "sweeps" in more:
            sweep()
        waitress.serve(
            AccessLog(application, access_log), sockets=[socket.socket(fileno=int(descriptor))], threads=THREADS
        )


if __name__ == "__main__":
    main()
