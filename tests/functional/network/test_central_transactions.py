"""Nothing is delivered, and no row waited for, while a transaction is open: on MariaDB, with a real server."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.functional.network.central_server import CentralServer
from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tricircle.domain.jobs import JobType
from tricircle.jobs.queue import JobQueue

OWNER = Caller(uuid.uuid4().hex)
GATEWAYS = ("add_external_gateways", "update_external_gateways", "remove_external_gateways")


@pytest.fixture
def queue(central_server: CentralServer) -> JobQueue:
    made = JobQueue(central_server.tricircle)
    while (job := made.claim("test")) is not None:
        made.finish(job)
    return made


@pytest.fixture
def open_change(central_server: CentralServer) -> Iterator[None]:
    """Another request's transaction, which has recorded a change and is not committed as long as the test runs."""
    engine = sa.create_engine(central_server.database_url)
    with engine.connect() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO tricircle_changes (job_type, subject_type, subject_id, field, resource_id, project_id) "
                "VALUES ('update_network', 'network', 'other', 'network_id', 'other', 'other')"
            )
        )
        yield
        connection.rollback()
    engine.dispose()


def routers_of(queue: JobQueue) -> list[str]:
    """The routers of the jobs that wait."""
    found = []
    while (job := queue.claim("test")) is not None:
        queue.finish(job)
        found += [job.resource["router_id"]] if job.type is JobType.CONFIGURE_ROUTE else []
    return found


def make(central: CentralServer, collection: str, caller: Caller = OWNER, **body: object) -> dict[str, Any]:
    name = collection.removesuffix("s")
    return central.call("POST", f"/{collection}", {name: body}, caller=caller).of(201)[name]


@pytest.mark.usefixtures("open_change")
def test_calls_that_neutron_makes_of_several_steps_are_delivered_at_their_end(
    central_server: CentralServer, queue: JobQueue
) -> None:
    """Neutron changes the router inside of a transaction of its own."""
    outside = make(central_server, "networks", ADMIN, name="out", **{"router:external": True})
    make(central_server, "subnets", ADMIN, network_id=outside["id"], cidr="198.51.100.0/24", ip_version=4)
    router = make(central_server, "routers", name="r")
    routers_of(queue)
    for call in GATEWAYS:
        path = f"/routers/{router['id']}"
        gateways = central_server.call("GET", path, caller=OWNER).of(200)["router"]["external_gateways"]
        info = [{"network_id": outside["id"]}] if call == "add_external_gateways" else gateways
        if call == "update_external_gateways":
            info = [{**gateways[0], "enable_snat": True}]
        body = {"router": {"external_gateways": info}}
        central_server.call("PUT", f"{path}/{call}", body, caller=ADMIN).of(200)
        assert routers_of(queue) == [router["id"]], call


@pytest.mark.usefixtures("open_change")
def test_a_delivery_does_not_wait_for_another_request(central_server: CentralServer, queue: JobQueue) -> None:
    network = make(central_server, "networks", name="net")
    desired = {"regional_view": {"region_name": "RegionOne", "network_ids": [network["id"]]}}
    central_server.call("POST", "/regional-views", desired, caller=SERVICE).of(201)
    body = {"network": {"name": "renamed"}}
    central_server.call("PUT", f"/networks/{network['id']}", body, caller=OWNER).of(200)
    job = queue.claim("test")
    assert job is not None and job.resource["network_id"] == network["id"]
    queue.finish(job)
