"""A region that is gone for ever: its pod goes with all that is known of it, and nobody asks it anything."""

import uuid
from unittest import mock
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase
from tricircle.db import incarnations as incarnations_db
from tricircle.db import jobs as jobs_db
from tricircle.db import models, pod_jobs
from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.domain.errors import NotFound
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.payloads import WholePod
from tricircle.jobs.handlers import pods
from tricircle.jobs.handlers.base import NotYetError
from tricircle.jobs.handlers.pods import PodHandler
from tricircle.regions.neutron import Neutron


class PodDeleteCase(LifecycleCase):
    def setUp(self):
        super().setUp()
        self.name = f"Gone {uuid.uuid4().hex[:8]}"
        columns = {"region_name": self.name, "az_name": f"az-{self.name}", "pod_az_name": "", "dc_name": ""}
        with self.central.tricircle.writer() as session:  # no object: this process's Neutron looks at every session
            session.execute(sa.insert(models.Pod).values(pod_id=str(uuid.uuid4()), draining=False, **columns))
        with self.central.tricircle.reader() as session:
            self.pod = pods_db.get_by_region(session, self.name)
        self.addCleanup(self.clean)

    def clean(self):
        """Whatever becomes of the test, others have no such pod."""
        if self.exists():
            self.delete()

    def exists(self):
        with self.central.tricircle.reader() as session:
            return self.pod.pod_id in {pod.pod_id for pod in pods_db.list_all(session)}

    def ask(self):
        """As the Admin API does it."""
        with self.central.tricircle.writer() as session:
            pods_db.update(session, self.pod.pod_id, {"draining": True})
            jobs_db.enqueue(session, [pod_jobs.request(JobType.POD_DELETE, self.pod.pod_id, "-")])

    def delete(self):
        self.ask()
        with mock.patch.object(self.worker, "local", side_effect=AssertionError("nobody asks a dead region")):
            PodHandler(self.worker, self.central.tricircle).delete(WholePod(self.pod.pod_id))

    def populated(self):
        """Two networks with a router, one of them stretched, and an instance there."""
        network, other = self.network(), self.network()
        subnets = [self.subnet(network, "10.0.1.0/24"), self.subnet(other, "10.0.2.0/24")]
        router = self.at_central("POST", "/routers", {"router": {"name": "r"}}, status=201)["router"]
        for subnet in subnets:
            body = {"subnet_id": subnet["id"]}
            self.at_central("PUT", f"/routers/{router['id']}/add_router_interface", body)
        self.view_of(self.name, network_ids=[network["id"], other["id"]])
        self.view_of("RegionTwo", network_ids=[network["id"]])
        for region in (self.name, "RegionTwo"):
            body = {"regional_router": {"router_id": router["id"], "region_name": region}}
            self.at_central("POST", "/regional-routers", body, caller=SERVICE, status=201)
        port = self.port(network)
        self.report(port)
        self.worker.forget()
        return network, router["id"], port

    def report(self, port):
        binding = {"status": "ACTIVE", "host": "h", "vif_type": "ovs", "vtep": "172.30.9.9"}
        state = {"id": port["id"], "revision": 3, "device_id": "i", "device_owner": "compute:nova", **binding}
        body = {"region_name": self.name, "ports": [state], "incarnation": str(uuid.uuid4())}
        self.at_central("POST", "/regional-reports", {"regional_report": body}, caller=SERVICE, status=201)

    def counts(self):
        shown = self.at_central("GET", f"/regional-pods/{quote(self.name)}", caller=SERVICE)
        return [shown["regional_pod"][name] for name in pods.COUNTED]

    def routed(self):
        with self.central.tricircle.reader() as session:
            return routings_db.count(session, self.pod.pod_id)

    def jobs(self):
        with self.central.tricircle.reader() as session:
            found = jobs_db.list_page(session, {}, 1000, None)
        return [(job.type, dict(job.resource)) for job in found if not job.logged]


class TestDelete(PodDeleteCase):
    def test_nothing_is_left_and_the_other_parts_of_its_routers_are_seen_to(self):
        network, router_id, port = self.populated()
        assert all(self.counts())
        waiting = JobRequest(JobType.UPDATE_NETWORK, {"pod_id": self.pod.pod_id, "network_id": network["id"]}, "p")
        running = JobRequest(JobType.PORT_DELETE, {"pod_id": self.pod.pod_id, "port_id": port["id"]}, "p")
        with self.central.tricircle.writer() as session:
            jobs_db.enqueue(session, [running])
        claimed = self.worker._queue.claim("another")
        assert claimed is not None
        assert claimed.type is JobType.PORT_DELETE
        with self.central.tricircle.writer() as session:
            jobs_db.enqueue(session, [waiting])
        self.delete()
        assert (self.exists(), self.routed(), self.counts()) == (False, {}, [0, 0, 0])
        left = self.jobs()
        assert [type_ for type_, resource in left if resource.get("pod_id") == self.pod.pod_id] == [JobType.POD_DELETE]
        assert (JobType.CONFIGURE_ROUTE, {"router_id": router_id}) in left
        with self.central.tricircle.reader() as session:
            assert incarnations_db.current(session, self.pod.pod_id) is None
        (shown,) = [p for p in self.ports_at_central(network) if p["id"] == port["id"]]
        assert (shown["status"], shown["binding:host_id"]) == ("DOWN", "")
        body = {"regional_router": {"router_id": router_id}}
        answer = self.at_central("POST", "/regional-routers", body, caller=SERVICE, status=201)["regional_router"]
        assert [region["region_name"] for region in answer["regions"]] == ["RegionTwo"]
        self.worker.forget()

    def test_begun_again_after_each_step_it_comes_to_its_end(self):
        self.populated()
        for step in ("_forget_routings", "_forget_at_central"):
            real = getattr(PodHandler, step)

            def die(handler, pod, real=real):
                real(handler, pod)
                raise SystemExit

            with mock.patch.object(PodHandler, step, die), pytest.raises(SystemExit):
                self.delete()
            assert self.exists()
            assert self.routed().keys() == {"router"}, "it must be known which routers are concerned"
        self.delete()
        assert (self.exists(), self.counts()) == (False, [0, 0, 0])
        self.delete_again()
        self.worker.forget()

    def delete_again(self):
        """The job may have died between its work and its end."""
        PodHandler(self.worker, self.central.tricircle).delete(WholePod(self.pod.pod_id))
        with pytest.raises(NotFound):
            self.worker.pod(self.pod.pod_id)

    def test_central_that_does_not_get_further_is_asked_again_later(self):
        self.populated()
        real = Neutron.request

        def request(neutron, method, path, **content):
            return {} if method == "DELETE" else real(neutron, method, path, **content)

        with mock.patch.object(Neutron, "request", request), pytest.raises(NotYetError, match="1 port_locations"):
            self.delete()
        assert self.exists()

    def test_a_drain_gives_way(self):
        self.populated()
        self.ask()
        PodHandler(self.worker, self.central.tricircle).drain(WholePod(self.pod.pod_id))
        assert self.exists()
        self.delete()
        PodHandler(self.worker, self.central.tricircle).drain(WholePod(self.pod.pod_id))
        self.worker.forget()

    def test_groups_of_other_regions_follow_meanwhile(self):
        """Central knows the region no more, which is no reason not to tell the others."""
        network, _ = self.networked()
        port = self.boot(network["id"])
        (group,) = port["security_groups"]
        self.view_of(self.name, network_ids=[network["id"]])
        self.worker.forget()
        self.ask()
        self.at_central("PUT", f"/security-groups/{group}", {"security_group": {"description": "new"}})
        assert (JobType.SEG_RULE_SETUP, "") in self.worker.run()
        assert self.get("security-groups", group, caller=ADMIN)["description"] == "new"


class TestRename(PodDeleteCase):
    def test_a_region_keeps_what_it_has_under_another_name(self):
        self.populated()
        hinted = self.network(availability_zone_hints=[self.name])
        before, new_name = self.counts(), f'Neu_"%ä" {self.name}'
        for _ in range(2):
            renamed = {"regional_pod": {"region_name": new_name}}
            path = f"/regional-pods/{quote(self.name)}"
            shown = self.at_central("PUT", path, renamed, caller=SERVICE)["regional_pod"]
            assert [shown[name] for name in pods.COUNTED] == before
            assert self.counts() == [0, 0, 0]
        shown = self.at_central("GET", f"/networks/{hinted['id']}")["network"]
        assert shown["availability_zone_hints"] == [new_name]
        with self.central.tricircle.writer() as session:
            self.pod = pods_db.update(session, self.pod.pod_id, {"region_name": new_name})
        self.name = new_name
        assert [network["id"] for network in self.view_of(new_name, network_ids=[hinted["id"]])["networks"]]
        self.delete()
        assert self.counts() == [0, 0, 0]
        self.worker.forget()
