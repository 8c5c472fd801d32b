"""The process of ``CentralServer``: central Neutron's own WSGI application on a socket that the parent has opened.

Run with the socket's file descriptor and the access log's path; Neutron's configuration comes by its own environment.
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


def main() -> None:
    descriptor, access_log = sys.argv[1:]
    del sys.argv[1:]  # Neutron would take them for its own
    with Tokens():
        from neutron.wsgi.api import application  # importing it is starting it

        waitress.serve(
            AccessLog(application, access_log), sockets=[socket.socket(fileno=int(descriptor))], threads=THREADS
        )


if __name__ == "__main__":
    main()
