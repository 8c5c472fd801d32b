"""One id follows a tenant's request from central through jobs to a region's log: real servers, a real worker."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from keystoneauth1 import session, token_endpoint

from tests.functional.mariadb import MariaDB
from tests.functional.network import neutron_database
from tests.functional.network.central_server import CentralServer
from tests.functional.network.identity import ADMIN, TRICIRCLE, Caller
from tests.functional.network.neutron_server import NeutronServer
from tests.functional.network.region_server import RegionServer
from tests.functional.waiting import eventually
from tricircle.db import jobs as jobs_db
from tricircle.db import pods as pods_db
from tricircle.domain.jobs import Job, JobType
from tricircle.domain.pods import Pod
from tricircle.jobs import handlers
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings
from tricircle.regions.neutron import Neutron

OWNER = Caller(uuid.uuid4().hex)


class Servers:
    """Central and RegionOne, as a worker reaches them."""

    vxlan_mode = "p2p"

    def __init__(self, central: CentralServer, region: RegionServer) -> None:
        self._central, self._region = central, region

    def pod(self, pod_id: str) -> Pod:
        with self._central.tricircle.reader() as session_:
            return pods_db.get(session_, pod_id)

    def central(self) -> Neutron:
        return self._of(self._central)

    def local(self, pod_id: str) -> Neutron:
        assert self.pod(pod_id).region_name == "RegionOne"
        return self._of(self._region)

    @staticmethod
    def _of(server: NeutronServer) -> Neutron:
        own = session.Session(token_endpoint.Token(server.url, TRICIRCLE.token))
        return Neutron(own, None, endpoint=server.url)


@pytest.fixture
def region(central_server: CentralServer, mariadb: MariaDB, tmp_path: Path) -> Iterator[RegionServer]:
    server = RegionServer(tmp_path, neutron_database.create(mariadb), central_server.url)
    server.configure("[DEFAULT]\ndebug = true\n")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def queue(central_server: CentralServer, region: RegionServer) -> Iterator[JobQueue]:
    """With a worker at work."""
    made = JobQueue(central_server.tricircle)
    while (job := made.claim("test")) is not None:
        made.finish(job)
    at_work = Worker(
        made,
        handlers.build(Servers(central_server, region), central_server.tricircle),
        WorkerSettings("worker", threads=2, poll_interval=0.1),
    )
    at_work.start()
    yield made
    at_work.stop()


def send(server: NeutronServer, method: str, path: str, body: dict[str, Any], asked: str) -> dict[str, Any]:
    """A request of the tenant's, whose client says what it is for."""
    headers = {"X-Auth-Token": OWNER.token, "X-Openstack-Request-Id": asked}
    response = requests.request(method, f"{server.url}/v2.0{path}", json=body, headers=headers, timeout=60)
    assert response.status_code in (200, 201), response.text
    answer: dict[str, Any] = response.json()
    return answer


def new_id() -> str:
    return f"req-{uuid.uuid4()}"


def done(central: CentralServer, type_: JobType, **resource: str) -> Job | None:
    """The job that is over."""
    with central.tricircle.reader() as session_:
        found = jobs_db.list_page(session_, {"type": type_.value, "status": "SUCCESS"}, 100_000, None)
    return next((job for job in found if resource.items() <= dict(job.resource).items()), None)


def await_done(central: CentralServer, type_: JobType, **resource: str) -> Job:
    eventually(lambda: done(central, type_, **resource) is not None, 30)
    job = done(central, type_, **resource)
    assert job is not None
    return job


@pytest.mark.usefixtures("queue")
def test_from_the_tenants_request_to_the_regions_log(central_server: CentralServer, region: RegionServer) -> None:
    made = new_id()
    network = send(central_server, "POST", "/networks", {"network": {"name": "net"}}, made)["network"]
    subnet_body = {"subnet": {"network_id": network["id"], "cidr": "10.0.0.0/24", "ip_version": 4}}
    subnet = send(central_server, "POST", "/subnets", subnet_body, made)["subnet"]
    region.call("GET", f"/networks/{network['id']}", caller=OWNER).of(200)
    renamed = new_id()
    send(central_server, "PUT", f"/networks/{network['id']}", {"network": {"name": "new"}}, renamed)
    assert await_done(central_server, JobType.UPDATE_NETWORK, network_id=network["id"]).request_ids == (renamed,)
    assert region.call("GET", f"/networks/{network['id']}", caller=ADMIN).of(200)["network"]["name"] == "new"
    assert renamed in region.log
    # A job that is made by a job: the router everywhere, and its part in the region.
    router = send(central_server, "POST", "/routers", {"router": {"name": "r"}}, new_id())["router"]
    joined, path = new_id(), f"/routers/{router['id']}/add_router_interface"
    send(central_server, "PUT", path, {"subnet_id": subnet["id"]}, joined)
    for type_ in (JobType.CONFIGURE_ROUTE, JobType.ROUTER_SETUP):
        assert await_done(central_server, type_, router_id=router["id"]).request_ids == (joined,), type_
    assert joined in region.log


@pytest.mark.usefixtures("queue")
def test_what_a_region_asks_central_for_its_caller(central_server: CentralServer, region: RegionServer) -> None:
    """The port is made at central in the name of the caller's request, and so are the jobs that follow from that."""
    network = send(central_server, "POST", "/networks", {"network": {"name": "net"}}, new_id())["network"]
    subnet_body = {"subnet": {"network_id": network["id"], "cidr": "10.0.1.0/24", "ip_version": 4}}
    subnet = send(central_server, "POST", "/subnets", subnet_body, new_id())["subnet"]
    router = send(central_server, "POST", "/routers", {"router": {"name": "r"}}, new_id())["router"]
    path = f"/routers/{router['id']}/add_router_interface"
    send(central_server, "PUT", path, {"subnet_id": subnet["id"]}, new_id())
    asked = new_id()
    send(region, "POST", "/ports", {"port": {"network_id": network["id"]}}, asked)
    # The network is new in the region: its router has to come there.
    with central_server.tricircle.reader() as session_:
        found = jobs_db.list_page(session_, {"type": JobType.CONFIGURE_ROUTE.value}, 100_000, None)
    (mine,) = [job for job in found if job.resource["router_id"] == router["id"] and asked in job.request_ids]
    assert await_done(central_server, JobType.ROUTER_SETUP, router_id=router["id"]).request_ids == mine.request_ids
