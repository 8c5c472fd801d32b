"""[client] by the names of the manual and by keystoneauth's."""

from pathlib import Path

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity.v3 import ApplicationCredential
from oslo_config import cfg

from tricircle.regions.auth import load_client_session

MANUAL = """
auth_url = http://127.0.0.1/identity
identity_url = http://127.0.0.1/identity/v3
auto_refresh_endpoint = True
top_region_name = CentralRegion
admin_username = admin
admin_password = secret
admin_tenant = demo
admin_user_domain_name = Users
admin_tenant_domain_name = Projects
"""

KEYSTONEAUTH = """
auth_url = http://127.0.0.1/identity
username = admin
password = secret
project_name = demo
user_domain_name = Users
project_domain_name = Projects
"""


def conf_of(tmp_path: Path, client: str) -> cfg.ConfigOpts:
    path = tmp_path / "some.conf"
    path.write_text(f"[client]\n{client}")
    conf = cfg.ConfigOpts()
    conf(["--config-file", str(path)], project="tricircle")
    return conf


def cache_elements(tmp_path: Path, client: str) -> dict[str, str]:
    auth = load_client_session(conf_of(tmp_path, client)).auth
    return {key: value for key, value in auth.get_cache_id_elements().items() if value}


def test_both_spellings_name_the_same_user(tmp_path: Path) -> None:
    elements = cache_elements(tmp_path, MANUAL)
    assert elements == cache_elements(tmp_path, KEYSTONEAUTH)
    assert elements["username"] == "admin"
    assert "Projects" in elements.values()
    assert "Users" in elements.values()


def test_tls_is_verified_and_time_limited_by_default(tmp_path: Path) -> None:
    session = load_client_session(conf_of(tmp_path, MANUAL))
    assert session.verify is True
    assert session.timeout == 60


def test_tls_options(tmp_path: Path) -> None:
    session = load_client_session(conf_of(tmp_path, MANUAL + "cafile = /some/ca.pem\ntimeout = 7\n"))
    assert session.verify == "/some/ca.pem"
    assert session.timeout == 7


def test_any_plugin_of_keystoneauth(tmp_path: Path) -> None:
    auth = load_client_session(
        conf_of(
            tmp_path,
            "auth_type = v3applicationcredential\nauth_url = http://127.0.0.1/v3\n"
            "application_credential_id = abc\napplication_credential_secret = secret\n",
        )
    ).auth
    assert isinstance(auth, ApplicationCredential)


def test_domain_id_wins_over_the_default_domain_name(tmp_path: Path) -> None:
    elements = cache_elements(tmp_path, "auth_url = http://h\nusername = u\npassword = p\nuser_domain_id = D\n")
    assert "D" in elements.values()


def test_missing_credentials_are_named(tmp_path: Path) -> None:
    with pytest.raises(exceptions.MissingRequiredOptions, match="auth"):
        load_client_session(conf_of(tmp_path, "username = u\n"))
