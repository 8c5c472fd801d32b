"""Keystone as far as Tricircle's own account asks it: for a token with the catalogue, over HTTP, as processes ask."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import waitress
from keystoneauth1 import fixture as ks_fixture

from tests.functional.network.identity import TRICIRCLE
from tests.functional.ports import free_port


@contextmanager
def serving(networks: Mapping[str, str]) -> Iterator[str]:
    """Serves while inside; answers its URL. ``networks``: URLs of the Neutron servers by region name."""
    url = f"http://127.0.0.1:{(port := free_port())}/v3"
    token = json.dumps(_token(networks)).encode()
    version = json.dumps({"version": ks_fixture.V3Discovery(url)}).encode()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        posted = environ["REQUEST_METHOD"] == "POST"
        headers = [("Content-Type", "application/json"), *([("X-Subject-Token", TRICIRCLE.token)] if posted else [])]
        start_response("201 Created" if posted else "200 OK", headers)
        return [token if posted else version]

    server = waitress.create_server(application, host="127.0.0.1", port=port, threads=2)
    thread = threading.Thread(target=server.run, name="keystone", daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.close()


def _token(networks: Mapping[str, str]) -> ks_fixture.V3Token:
    token = ks_fixture.V3Token(user_id=TRICIRCLE.user_id, project_id=TRICIRCLE.project_id)
    for role in TRICIRCLE.roles:
        token.add_role(role)
    network = token.add_service("network")
    for region, url in networks.items():
        network.add_standard_endpoints(public=url, region=region)
    return token
