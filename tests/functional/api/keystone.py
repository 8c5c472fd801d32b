"""Keystone as far as the Admin API asks it, answered on the wire: keystonemiddleware itself is the real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests_mock
from keystoneauth1 import fixture as ks_fixture

KEYSTONE = "http://127.0.0.1:1/identity"
REGIONS = ("CentralRegion", "RegionOne", "RegionTwo")
ROLES = ("admin", "member")


def catalog_token(*regions: str) -> dict[str, Any]:
    """A token whose catalogue has a network service in these regions."""
    token = ks_fixture.V3Token()
    token.set_project_scope()
    token.add_service("identity").add_standard_endpoints(internal=KEYSTONE, region="RegionOne")
    network = token.add_service("network")
    for region in regions:
        network.add_standard_endpoints(public=f"http://{region}", region=region)
    return dict(token)


def _validate(request: Any, context: Any) -> dict[str, Any]:
    """The tokens `admin` and `member` are of a user with the role of that name; there are no others."""
    role = request.headers.get("X-Subject-Token")
    if role not in ROLES:
        context.status_code = 404
        return {"error": {"code": 404, "title": "Not Found", "message": "no such token"}}
    token = ks_fixture.V3Token(user_id=role)
    token.set_project_scope()
    token.add_role(role)
    context.headers["X-Subject-Token"] = role
    return dict(token)


@contextmanager
def running() -> Iterator[requests_mock.Mocker]:
    """Keystone, knowing networks in the REGIONS."""
    with requests_mock.Mocker() as mocker:
        discovery = {"version": ks_fixture.V3Discovery(f"{KEYSTONE}/v3")}
        mocker.get(f"{KEYSTONE}/v3", json=discovery)
        mocker.get(KEYSTONE, json={"versions": {"values": [discovery["version"]]}}, status_code=300)
        mocker.post(
            f"{KEYSTONE}/v3/auth/tokens", json=catalog_token(*REGIONS), headers={"X-Subject-Token": "service-token"}
        )
        mocker.get(f"{KEYSTONE}/v3/auth/tokens", json=_validate)
        yield mocker
