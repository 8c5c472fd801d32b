"""The jobs `seg_rule_setup` and `seg_rule_sync`, told on the wire."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests_mock
from keystoneauth1 import fixture as ks_fixture

from tricircle.conf import register_client_opts
from tricircle.conf.process import load_conf
from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobType
from tricircle.domain.payloads import Project, ProjectInPod
from tricircle.domain.routings import NewRouting
from tricircle.jobs.handlers import group_views
from tricircle.jobs.handlers.security_groups import SecurityGroupHandler
from tricircle.jobs.queue import JobQueue
from tricircle.regions.pods import Regions

KEYSTONE = "http://keystone.test/v3"
REGIONS = ("RegionOne", "RegionTwo", "RegionThree")
ASKED = "req-6d2a8f0e-0000-4000-8000-000000000001"


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


def pod_ids(handler: SecurityGroupHandler) -> dict[str, str]:
    """By region name."""
    with handler._database.reader() as session:
        return {pod.region_name: pod.pod_id for pod in pods.list_all(session)}


def copies(wire: requests_mock.Mocker, region: str, **answer: Any) -> Any:
    """What a region answers to what it is told of the project's groups."""
    return wire.put(f"http://{region.lower()}.test/v2.0/security-group-copies/project", **answer or {"json": done})


def asked_for(wire: requests_mock.Mocker) -> list[list[str]]:
    """The regions of each question to central."""
    questions = [request.json() for request in wire.request_history if request.path == "/v2.0/regional-views"]
    return [[view["region_name"] for view in question["regional_views"]] for question in questions]


def test_each_region_gets_a_job_of_its_own(wire: requests_mock.Mocker, handler: SecurityGroupHandler) -> None:
    handler.project(Project("project", changes=(7,), request_ids=(ASKED,)))
    queue, found = JobQueue(handler._database), []
    while (job := queue.claim("test")) is not None:
        queue.finish(job)
        assert job.request_ids == (ASKED,), "by the request that the project's job was made for"
        found.append((job.type, job.resource["pod_id"], job.resource["project_id"], job.changes))
    pods_of = pod_ids(handler)
    assert sorted(found) == sorted((JobType.SEG_RULE_SYNC, pods_of[name], "project", (7,)) for name in REGIONS)
    assert wire.call_count == 0


def test_central_is_asked_once_for_all_regions_of_a_change(
    wire: requests_mock.Mocker, handler: SecurityGroupHandler
) -> None:
    told = [copies(wire, region) for region in REGIONS]
    for pod_id in (pods_of := pod_ids(handler))["RegionTwo"], pods_of["RegionThree"], pods_of["RegionOne"]:
        handler.in_pod(ProjectInPod(pod_id, "project", changes=(7,)))
    (regions,) = asked_for(wire)
    assert sorted(regions) == sorted(REGIONS)
    assert [one.call_count for one in told] == [1, 1, 1]


def test_what_comes_later_and_what_is_tried_again_is_asked_for_anew(
    wire: requests_mock.Mocker, handler: SecurityGroupHandler
) -> None:
    pods_of = pod_ids(handler)
    for region in REGIONS:
        copies(wire, region)
    for region, changes in (("RegionOne", (7,)), ("RegionOne", (7,)), ("RegionTwo", (7, 8)), ("RegionTwo", ())):
        handler.in_pod(ProjectInPod(pods_of[region], "project", changes=changes))
    assert [sorted(regions) for regions in asked_for(wire)] == [
        sorted(REGIONS),
        ["RegionOne"],
        sorted(REGIONS),
        sorted(REGIONS),
    ]


def test_an_answer_is_not_kept_for_long(wire: requests_mock.Mocker, handler: SecurityGroupHandler) -> None:
    pods_of = pod_ids(handler)
    for region in REGIONS:
        copies(wire, region)
    with mock.patch.object(group_views, "KEPT_SECONDS", -1.0):
        handler.in_pod(ProjectInPod(pods_of["RegionOne"], "project", changes=(7,)))
    handler.in_pod(ProjectInPod(pods_of["RegionTwo"], "project", changes=(7,)))
    assert [sorted(regions) for regions in asked_for(wire)] == [sorted(REGIONS)] * 2


def test_a_region_without_the_project_s_groups_is_told_nothing(
    wire: requests_mock.Mocker, handler: SecurityGroupHandler
) -> None:
    handler.in_pod(ProjectInPod(pod_ids(handler)["RegionOne"], "another"))
    assert wire.call_count == 0
