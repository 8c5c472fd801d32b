"""The real application, with the real keystonemiddleware, on a real database; Keystone's answers are canned."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests_mock
import webtest
from oslo_config import cfg

from tests.functional.api.central import Central
from tests.functional.api.keystone import KEYSTONE, running
from tricircle.api import app
from tricircle.conf.process import load_conf
from tricircle.db.engine import Database

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


@pytest.fixture
def keystone() -> Iterator[requests_mock.Mocker]:
    """Keystone, knowing networks in CentralRegion, RegionOne and RegionTwo, and the tokens `admin` and `member`."""
    with running() as mocker:
        yield mocker


@pytest.fixture
def central(keystone: requests_mock.Mocker) -> Central:
    """Central Neutron in CentralRegion."""
    return Central(keystone)


def make_application(
    database: Database, folder: Path, *, default: str = "", policy: str | None = None
) -> app.WsgiApplication:
    """The application; `default`: lines of [DEFAULT], `policy`: what its policy file says."""
    if policy is not None:
        (folder / "policy.yaml").write_text(policy)
    path = folder / "api.conf"
    path.write_text(CONFIG.format(url=database.url, default=default, folder=folder))
    conf: cfg.ConfigOpts = load_conf("tricircle-api", ["--config-file", str(path)], app.register_opts)
    return app.build(conf)


@pytest.fixture
def build(sqlite_database: Database, tmp_path: Path, keystone: requests_mock.Mocker) -> Build:
    """Makes the application: build(token of every request or None, options of [DEFAULT])."""

    def make(token: str | None = "admin", default: str = "", policy: str | None = None) -> webtest.TestApp:
        application = make_application(sqlite_database, tmp_path, default=default, policy=policy)
        return webtest.TestApp(application, extra_environ={"HTTP_X_AUTH_TOKEN": token} if token else {})

    return make


@pytest.fixture
def api(build: Build) -> webtest.TestApp:
    """The application as an administrator sees it."""
    return build()
