"""The commands are run by the real `openstack` shell against the real API; only Keystone is canned."""

import inspect
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock
from keystoneauth1 import fixture as ks_fixture
from openstackclient.common.clientmanager import ClientManager
from openstackclient.shell import OpenStackShell

from tricircle.api import app
from tricircle.cmd.server import Server, listen
from tricircle.conf.process import load_conf
from tricircle.db.engine import Database

KEYSTONE = "http://keystone.test/identity"
CREDENTIALS = {
    "OS_AUTH_URL": KEYSTONE,
    "OS_USERNAME": "admin",
    "OS_PASSWORD": "secret",
    "OS_PROJECT_NAME": "admin",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
    "OS_IDENTITY_API_VERSION": "3",
}

USER = {"id": "0a1b2c", "name": "neutron-one"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(sqlite_database: Database, tmp_path: Path) -> Iterator[str]:
    """The API on a port of its own."""
    path = tmp_path / "api.conf"
    path.write_text(
        f"[DEFAULT]\ntricircle_db_connection = {sqlite_database.url}\n"
        "auth_strategy = noauth\nvalidate_pod_region = false\n"
    )
    conf = load_conf("tricircle-api", ["--config-file", str(path)], app.register_opts)
    listening = listen("127.0.0.1", 0)
    server = Server(app.build(conf), listening, threads=2)
    server.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1.0"
    server.stop(grace=5)


@pytest.fixture
def keystone(url: str) -> Iterator[requests_mock.Mocker]:
    """Keystone, which knows the API in CentralRegion, a network in RegionOne, and one user; everything else is real."""
    token = ks_fixture.V3Token()
    token.set_project_scope()
    token.add_service("tricircle", "tricircle").add_standard_endpoints(public=url, region="CentralRegion")
    token.add_service("identity").add_standard_endpoints(public=f"{KEYSTONE}/v3", region="CentralRegion")
    token.add_service("network").add_standard_endpoints(public="http://network.test", region="RegionOne")
    version = {"version": ks_fixture.V3Discovery(f"{KEYSTONE}/v3")}
    with requests_mock.Mocker(real_http=True) as mocker:
        mocker.get(KEYSTONE, json=version)
        mocker.get(f"{KEYSTONE}/v3", json=version)
        mocker.post(f"{KEYSTONE}/v3/auth/tokens", json=dict(token), headers={"X-Subject-Token": "token"})
        mocker.get(re.compile(f"^{KEYSTONE}/v3/users/"), status_code=404)
        mocker.get(f"{KEYSTONE}/v3/users/{USER['id']}", json={"user": USER})
        mocker.get(f"{KEYSTONE}/v3/users", json=_find_users)
        yield mocker


@pytest.fixture
def openstack(
    keystone: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs `openstack ARGUMENTS`; returns exit code, output, errors."""
    for name in ("OS_REGION_NAME", "OS_CLOUD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        for service in ("multiregion", "identity"):
            # The command has one client of each a process, and here is one process for all.
            inspect.getattr_static(ClientManager, service)._handle = None
        code = OpenStackShell().run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    kept = logging.root.handlers[:]
    yield run
    logging.root.handlers[:] = kept  # the shell's own write to an output that ends with the test


def _find_users(request: Any, _context: Any) -> dict[str, Any]:
    return {"users": [USER] if request.qs["name"] == [USER["name"]] else []}


def as_json(result: tuple[int, str, str]) -> Any:
    """What a command with `-f json` prints."""
    code, out, err = result
    assert code == 0, err
    return json.loads(out)
