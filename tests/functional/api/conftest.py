"""The real application on a real database; Keystone is keystonemiddleware's own fixture and a canned catalogue."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock
import webtest
from keystoneauth1 import fixture as ks_fixture
from keystonemiddleware.fixture import AuthTokenFixture
from oslo_config import cfg

from tricircle.api import app
from tricircle.conf.process import load_conf
from tricircle.db.engine import Database

KEYSTONE = "http://127.0.0.1:1/identity"

CONFIG = f"""
[DEFAULT]
tricircle_db_connection = {{url}}
{{default}}
[client]
auth_url = {KEYSTONE}/v3
admin_username = tricircle
admin_password = secret
admin_tenant = service
[keystone_authtoken]
auth_type = password
auth_url = {KEYSTONE}
www_authenticate_uri = {KEYSTONE}
username = tricircle
password = secret
user_domain_name = Default
project_name = service
project_domain_name = Default
[oslo_policy]
policy_file = {{folder}}/policy.yaml
"""

Build = Callable[..., webtest.TestApp]


def catalog_token(*regions: str) -> dict[str, Any]:
    """A token whose catalogue has a network service in these regions."""
    token = ks_fixture.V3Token()
    token.set_project_scope()
    network = token.add_service("network")
    for region in regions:
        network.add_standard_endpoints(public=f"http://{region}", region=region)
    return dict(token)


@pytest.fixture
def keystone() -> Iterator[requests_mock.Mocker]:
    """Keystone, knowing networks in CentralRegion, RegionOne and RegionTwo."""
    with requests_mock.Mocker() as mocker:
        mocker.get(f"{KEYSTONE}/v3", json={"version": ks_fixture.V3Discovery(f"{KEYSTONE}/v3")})
        mocker.post(
            f"{KEYSTONE}/v3/auth/tokens",
            json=catalog_token("CentralRegion", "RegionOne", "RegionTwo"),
            headers={"X-Subject-Token": "service-token"},
        )
        yield mocker


@pytest.fixture
def tokens() -> Iterator[None]:
    """The tokens `admin` and `member`, of a user with the role of that name."""
    with AuthTokenFixture() as tokens:
        for role in ("admin", "member"):
            tokens.add_token_data(token_id=role, user_id=role, project_id="project", role_list=[role])
        yield


@pytest.fixture
def build(sqlite_database: Database, tmp_path: Path, keystone: requests_mock.Mocker, tokens: None) -> Build:
    """Makes the application: build(token of every request or None, options of [DEFAULT])."""

    def make(token: str | None = "admin", default: str = "", policy: str | None = None) -> webtest.TestApp:
        if policy is not None:
            (tmp_path / "policy.yaml").write_text(policy)
        path = tmp_path / "api.conf"
        path.write_text(CONFIG.format(url=sqlite_database.url, default=default, folder=tmp_path))
        conf: cfg.ConfigOpts = load_conf("tricircle-api", ["--config-file", str(path)], app.register_opts)
        environ = {"HTTP_X_AUTH_TOKEN": token} if token else {}
        return webtest.TestApp(app.build(conf), extra_environ=environ)

    return make


@pytest.fixture
def api(build: Build) -> webtest.TestApp:
    """The application as an administrator sees it."""
    return build()
