"""Requests to a Neutron server: where it is, and in whose time."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import requests_mock
from keystoneauth1 import fixture as ks_fixture
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from tricircle.domain import leases
from tricircle.domain import requests as request_ids
from tricircle.domain.errors import LeaseLost
from tricircle.regions.errors import RegionUnavailableError
from tricircle.regions.neutron import Neutron

KEYSTONE = "http://keystone.test/v3"


def token(url: str) -> dict[str, Any]:
    made = ks_fixture.V3Token()
    made.set_project_scope()
    made.add_service("network").add_standard_endpoints(public=url, region="RegionOne")
    return dict(made)


@pytest.fixture
def wire() -> Iterator[requests_mock.Mocker]:
    """RegionOne moves: the first token still has its old URL, where nothing is any more."""
    headers = {"X-Subject-Token": "token"}
    with requests_mock.Mocker() as mocker:
        mocker.get(KEYSTONE, json={"version": ks_fixture.V3Discovery(KEYSTONE)})
        answers = [{"json": token(f"http://{name}.test"), "headers": headers} for name in ("old", "new")]
        mocker.post(f"{KEYSTONE}/auth/tokens", answers)
        mocker.get("http://old.test/v2.0/networks", exc=requests.ConnectionError)
        mocker.get("http://new.test/v2.0/networks", json={"networks": []})
        yield mocker


def neutron(**options: Any) -> Neutron:
    auth = Password(KEYSTONE, username="u", password="p", user_domain_id="d", project_id="p")
    return Neutron(Session(auth), "RegionOne", interfaces=("public",), **options)


def test_a_region_that_moved_is_found(wire: requests_mock.Mocker) -> None:
    assert neutron().request("GET", "/networks") == {"networks": []}


def test_it_is_not_looked_for_where_that_is_switched_off(wire: requests_mock.Mocker) -> None:
    with pytest.raises(RegionUnavailableError):
        neutron(refresh=False).request("GET", "/networks")
    assert sum(request.url.endswith("/auth/tokens") for request in wire.request_history) == 1


def test_work_without_its_lease_sends_nothing(wire: requests_mock.Mocker) -> None:
    lease = leases.Lease(time.monotonic() + 60)
    with leases.working_under(lease):
        neutron().request("GET", "/networks")
        sent = len(wire.request_history)
        lease.end()
        with pytest.raises(LeaseLost):
            neutron().request("GET", "/networks")
    assert len(wire.request_history) == sent


def test_a_request_says_for_which_other_it_is_made(wire: requests_mock.Mocker) -> None:
    asked = "req-6d2a8f0e-0000-4000-8000-000000000001"
    region = neutron(refresh=True)
    for id_ in (asked, None, "req-not-one"):
        with request_ids.made_for(id_):
            region.request("GET", "/networks")
    sent = [request.headers.get("X-Openstack-Request-Id") for request in wire.request_history if "new." in request.url]
    assert sent == [asked, None, None]
