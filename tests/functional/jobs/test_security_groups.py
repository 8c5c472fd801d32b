"""The job `seg_rule_setup` with regions in different states, told on the wire."""

from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
from keystoneauth1 import fixture as ks_fixture

from tricircle.conf import register_client_opts
from tricircle.conf.process import load_conf
from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.payloads import Project
from tricircle.domain.routings import NewRouting
from tricircle.jobs.handlers.security_groups import SecurityGroupHandler
from tricircle.regions.errors import RegionUnavailableError
from tricircle.regions.pods import Regions

KEYSTONE = "http://keystone.test/v3"
REGIONS = ("RegionOne", "RegionTwo", "RegionThree")


@pytest.fixture
def wire(requests_mock: requests_mock.Mocker) -> requests_mock.Mocker:
    """Keystone, and a central that has the group in every region's view."""
    token = ks_fixture.V3Token()
    token.set_project_scope()
    network = token.add_service("network")
    for region in ("CentralRegion", *REGIONS):
        network.add_standard_endpoints(public=f"http://{region}.test", region=region)
    requests_mock.get(KEYSTONE, json={"version": ks_fixture.V3Discovery(KEYSTONE)})
    requests_mock.post(f"{KEYSTONE}/auth/tokens", json=dict(token), headers={"X-Subject-Token": "token"})
    requests_mock.post("http://centralregion.test/v2.0/regional-views", json=views)
    return requests_mock


def views(request: Any, _context: Any) -> dict[str, Any]:
    """The group in each view that is asked for."""
    view = {"security_groups": [{"id": "group"}], "address_groups": [], "deleted": [], "refused": []}
    return {"regional_views": [{**view, "nonce": asked["nonce"]} for asked in request.json()["regional_views"]]}


def done(request: Any, _context: Any) -> dict[str, Any]:
    """A region that has done what it was asked for."""
    return {"security_group_copy": {"nonce": request.json()["security_group_copy"]["nonce"]}}


@pytest.fixture
def handler(sqlite_database: Database, tmp_path: Path) -> SecurityGroupHandler:
    """The group is in all three regions."""
    path = tmp_path / "xjob.conf"
    credentials = "username = u\npassword = p\nproject_name = p\nvalid_interfaces = public\n"
    path.write_text(f"[client]\nauth_url = {KEYSTONE}\n{credentials}")
    with sqlite_database.writer() as session:
        pods.create(session, region_name="CentralRegion")
        for region in REGIONS:
            pod_id = pods.create(session, region_name=region, az_name="az").pod_id
            routings.ensure(session, [NewRouting("group", "group", pod_id, "project", "security_group")])
    conf = load_conf("tricircle-xjob", ["--config-file", str(path)], register_client_opts)
    return SecurityGroupHandler(Regions(conf, sqlite_database), sqlite_database)


def test_a_region_that_is_down_does_not_keep_the_others_waiting(
    wire: requests_mock.Mocker, handler: SecurityGroupHandler
) -> None:
    """Whichever of the three is down: the two others have the change before the job fails and is tried again."""
    for down in REGIONS:
        told: dict[str, Any] = {}
        for region in REGIONS:
            url = f"http://{region.lower()}.test/v2.0/security-group-copies/project"
            if region == down:
                told[region] = wire.put(url, exc=requests.ConnectionError)
            else:
                told[region] = wire.put(url, json=done)
        with pytest.raises(RegionUnavailableError, match=down):
            handler.project(Project("project"))
        assert all(told[region].call_count == 1 for region in REGIONS if region != down)
