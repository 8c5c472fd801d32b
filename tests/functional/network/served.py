"""A case's region on a loopback port: its API over HTTP, for a central that asks it."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import waitress

from tests.functional.network.central_server import CentralServer
from tests.functional.network.identity import Caller

# As many requests at a time as an API process of the lab serves.
THREADS = 8

CLIENT = """
[client]
auth_type = admin_token
endpoint = {url}
token = {token}
"""
TRICIRCLE = Caller("service-project", ("admin", "service"))


@contextlib.contextmanager
def served(api: Callable[..., Any]) -> Iterator[str]:
    """Serve a region's API while inside; gives its URL. keystonemiddleware's part is done here, as in ``LocalCase``."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        token = environ.get("HTTP_X_AUTH_TOKEN")
        if not token:  # somebody looks whether anybody is there
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        context = Caller.of(token).context()
        if vouched := environ.get("HTTP_X_SERVICE_TOKEN"):
            context.service_roles = list(Caller.of(vouched).roles)
        environ["neutron.context"] = context
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/v2.0")
        return api(environ, start_response)

    server = waitress.create_server(application, listen="127.0.0.1:0", threads=THREADS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join()


@contextlib.contextmanager
def reaching(central: CentralServer, url: str) -> Iterator[CentralServer]:
    """A further API process of central, for which every region's Neutron is at ``url``."""
    path = central._folder / "neutron.conf"
    before = path.read_text()
    path.write_text(before + CLIENT.format(url=url, token=TRICIRCLE.token))
    try:
        with central.twin() as twin:
            yield twin
    finally:
        path.write_text(before)
