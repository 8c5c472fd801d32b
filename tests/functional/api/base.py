"""What tests of the Admin API share."""

import webtest

from tricircle.db import pods, routings
from tricircle.db.engine import Database
from tricircle.domain.routings import NewRouting

ID = "3f0c8c0e-5c2c-4a9e-a5b6-3d2f1f6f3c11"


def assert_error(answer: webtest.TestResponse, code: int, message: str = "") -> None:
    """Every error is of one shape, and says what is wrong."""
    error = answer.json["error"]
    assert (answer.status_int, error["code"]) == (code, code), answer.text
    assert message in error["message"], error["message"]
    assert error["request_id"].startswith("req-")
    assert answer.headers["x-openstack-request-id"] == error["request_id"]


def in_pod(database: Database, project_id: str = "project") -> str:
    """Makes a pod that has the network `net` of a project; returns its id."""
    with database.writer() as session:
        pod_id = pods.create(session, region_name="RegionOne", az_name="az1").pod_id
        routings.ensure(session, [NewRouting("net", "net", pod_id, project_id, "network")])
    return pod_id


def central_pod(database: Database, **fields: str) -> str:
    """Makes the central pod; returns its id."""
    with database.writer() as session:
        return pods.create(session, region_name="CentralRegion", **fields).pod_id
