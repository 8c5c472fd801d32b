"""What central does not say is deleted stays: not found, not there yet, and not central's at all."""

from unittest import mock

import requests_mock
from keystoneauth1 import session, token_endpoint
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN, SERVICE, TRICIRCLE
from tests.functional.network.lifecycle import LifecycleCase
from tricircle.db import jobs
from tricircle.db.neutron.models import Report
from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobType
from tricircle.regions.neutron import Neutron

# A change that no database shows: as if the node that is asked lagged behind for ever.
FUTURE = (1 << 40,)
MISSING = "00000000-0000-4000-8000-000000000001"


class DoubtCase(LifecycleCase):
    def setUp(self):
        super().setUp()
        self.agent()
        self.net, self.sub = self.networked()
        self.vm = self.bind(self.boot(self.net["id"])["id"])
        self.settle()
        self.worker.forget()

    def in_pod(self, kind, **resource):
        pod_id = self.central.pods["RegionOne"].pod_id
        return JobRequest(kind, {"pod_id": pod_id, **resource}, self.owner.project_id)

    def run_job(self, request):
        """Have one job run; answers its error."""
        self.worker.forget()
        self.worker._queue.enqueue([request])
        ((_, error),) = self.worker.run()
        self.worker.give_up()
        return error

    def of_every_kind(self, port_id, subnet_id, network_id):
        return [
            self.in_pod(JobType.PORT_UPDATE, port_id=port_id),
            self.in_pod(JobType.PORT_DELETE, port_id=port_id),
            self.in_pod(JobType.SUBNET_UPDATE, subnet_id=subnet_id),
            self.in_pod(JobType.UPDATE_NETWORK, network_id=network_id),
            self.in_pod(JobType.SHADOW_PORT_SETUP, network_id=network_id),
        ]

    def all_there(self):
        assert self.vm["id"] in self.ids_here(models_v2.Port)
        assert self.sub["id"] in self.ids_here(models_v2.Subnet)
        assert self.net["id"] in self.ids_here()
        assert set(self.vm["security_groups"]) <= self.ids_here(sg_models.SecurityGroup)
        assert self.routings(self.net["id"]) == self.routings(self.sub["id"]) == {"RegionOne"}


class TestUnknown(DoubtCase):
    def test_what_central_neither_has_nor_has_deleted_is_asked_for_again(self):
        for request in self.of_every_kind(MISSING, MISSING, MISSING):
            assert "neither has nor has deleted" in self.run_job(request), request.type
        self.all_there()

    def test_a_region_s_own_objects_are_not_central_s_to_delete(self):
        """The repair that the manual names, with the id of something that was never central's."""
        network = self.here("POST", "/networks", {"network": {"name": "mine"}}, caller=ADMIN).of(201)["network"]
        body = {"subnet": {"network_id": network["id"], "cidr": "10.50.0.0/24", "ip_version": 4}}
        subnet = self.here("POST", "/subnets", body, caller=ADMIN).of(201)["subnet"]
        port = self.boot(network["id"], caller=ADMIN)
        for request in self.of_every_kind(port["id"], subnet["id"], network["id"]):
            assert "neither has nor has deleted" in self.run_job(request), request.type
        # Even if central said that it is deleted.
        gone = {"deleted_port_ids": [port["id"]], "deleted_subnet_ids": [subnet["id"]]}
        body = {"regional_copy": {**gone, "deleted_network_ids": [network["id"]]}}
        self.here("POST", "/regional-copies", body, caller=SERVICE).of(201)
        assert port["id"] in self.ids_here(models_v2.Port)
        self.get("subnets", subnet["id"], caller=ADMIN)
        self.get("networks", network["id"], caller=ADMIN)

    def test_a_region_s_own_group_is_not_central_s_to_delete(self):
        body = {"security_group": {"name": "mine"}}
        mine = self.here("POST", "/security-groups", body, caller=ADMIN).of(201)["security_group"]
        copy = {"security_groups": [], "address_groups": [], "deleted_ids": [mine["id"]]}
        path = f"/security-group-copies/{ADMIN.project_id}"
        self.here("PUT", path, {"security_group_copy": copy}, caller=SERVICE).of(200)
        self.get("security-groups", mine["id"], caller=ADMIN)


class TestStale(DoubtCase):
    def test_an_answer_that_knows_less_than_the_job_is_no_answer(self):
        """A database node that has not applied yet what another has committed."""
        group = self.in_pod(JobType.SEG_RULE_SYNC, project_id=self.owner.project_id)
        for request in (*self.of_every_kind(self.vm["id"], self.sub["id"], self.net["id"]), group):
            late = JobRequest(request.type, request.resource, request.project_id, FUTURE)
            error = self.run_job(late)
            assert "does not show the changes" in error, (request.type, error)
            assert self.run_job(request) == "", request.type
        self.all_there()

    def test_a_router_that_is_not_to_be_seen_yet_keeps_its_parts(self):
        for kind, resource in (
            (JobType.CONFIGURE_ROUTE, {"router_id": MISSING}),
            (JobType.ROUTER_SETUP, {"router_id": MISSING, "network_id": MISSING}),
        ):
            request = self.in_pod(kind, **resource)
            if kind is JobType.CONFIGURE_ROUTE:
                request = JobRequest(kind, resource, self.owner.project_id)
            assert MISSING in self.run_job(request), kind


class TestWrongServer(DoubtCase):
    def test_a_404_of_something_before_central_deletes_nothing(self):
        """What an ingress answers while nothing stands behind it."""
        url = "http://ingress.test"
        own = session.Session(token_endpoint.Token(url, TRICIRCLE.token))
        wrong = Neutron(own, "CentralRegion", endpoint=url, attempts=1)
        with mock.patch.object(self.worker, "central", return_value=wrong), requests_mock.Mocker() as wire:
            wire.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=404, text="default backend - 404")
            for request in self.of_every_kind(self.vm["id"], self.sub["id"], self.net["id"]):
                assert "not Neutron's" in self.run_job(request), request.type
        self.all_there()


class TestOneRegion(DoubtCase):
    """A port lives in one region: this is RegionOne, and the instance runs in RegionTwo."""

    def setUp(self):
        super().setUp()
        self.view_of("RegionTwo", network_ids=[self.net["id"]])
        self.other = self.port(self.net)
        self.tell("RegionTwo", self.other, host="host-9", status="ACTIVE", vtep="172.30.0.19")
        self.worker.forget()

    def tell(self, region, port, **state):
        known = {"id": port["id"], "revision": 1, "vif_type": "ovs", "device_id": "vm", "device_owner": "compute:x"}
        body = {"regional_report": {"region_name": region, "ports": [{**known, **state}]}}
        return self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)["regional_report"]

    def test_a_look_at_a_port_that_runs_elsewhere_makes_nothing_here(self):
        for caller in (self.owner, ADMIN):
            assert self.here("GET", f"/ports/{self.other['id']}", caller=caller).status == 404
            assert self.here("GET", f"/ports?id={self.other['id']}", caller=caller).of(200)["ports"] == []
        assert self.other["id"] not in self.ids_here(models_v2.Port)
        assert self.routings(self.other["id"]) == {"RegionTwo"}

    def test_a_copy_that_was_made_before_it_ran_elsewhere_rests(self):
        port = self.port(self.net)
        self.get("ports", port["id"])
        self.worker.forget()
        self.tell("RegionTwo", port, host="host-9", status="ACTIVE")
        self.work()
        (parked,) = self.plugin.get_ports(self.admin, filters={"id": [port["id"]]})
        assert parked["fixed_ips"] == []
        assert self.gone("ports", port["id"])

    def reserved(self, region):
        ports = self.ports_at_central(self.net)
        (port,) = [port for port in ports if port["name"].startswith(f"dhcp_port_{region}")]
        return port

    def test_a_look_at_another_region_s_dhcp_server_makes_nothing_here(self):
        theirs = self.reserved("RegionTwo")
        for caller in (self.owner, ADMIN):
            assert self.here("GET", f"/ports/{theirs['id']}", caller=caller).status == 404
        assert theirs["id"] not in self.ids_here(models_v2.Port)

    def test_what_is_reserved_for_a_region_no_other_reports_moves_or_deletes(self):
        mine, theirs = self.reserved("RegionOne"), self.reserved("RegionTwo")
        dhcp = {"device_owner": "network:dhcp", "status": "ACTIVE"}
        self.tell("RegionOne", theirs, host="host-1", **dhcp)
        assert self.there(theirs)["tricircle:region_name"] == ""
        self.tell("RegionTwo", theirs, host="host-9", **dhcp)
        self.tell("RegionOne", theirs, revision=9, host="host-1", **dhcp)
        assert self.there(theirs)["tricircle:region_name"] == "RegionTwo"
        body = {"regional_report": {"region_name": "RegionTwo", "deleted_port_ids": [mine["id"]]}}
        answer = self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)["regional_report"]
        assert answer["kept_port_ids"] == [mine["id"]]
        self.there(mine)

    def there(self, port):
        return self.at_central("GET", f"/ports/{port['id']}", caller=ADMIN)["port"]

    def test_a_dhcp_agent_adopts_what_is_reserved_for_it_and_nothing_that_looks_so(self):
        self.at_central("DELETE", f"/ports/{self.reserved('RegionOne')['id']}", caller=ADMIN, status=204)
        self.work()
        body = {"network_id": self.net["id"], "device_id": "reserved_dhcp_port", "device_owner": "compute:nova"}
        decoy = self.here("POST", "/ports", {"port": body}, caller=SERVICE).of(201)["port"]
        desired = {"network_id": self.net["id"], "device_id": "agent", "device_owner": "network:dhcp"}
        context = n_context.get_admin_context()
        assert self.plugin._regional_ports.adopt_reserved(context, desired) != decoy["id"]


class TestReports(DoubtCase):
    def test_a_port_that_central_cannot_write_keeps_back_no_other(self):
        """vif_details longer than central's column."""
        bad = self.boot(self.net["id"])
        with mock.patch.object(self.plugin._reporter, "tell"), mock.patch.object(self.plugin._reporter, "wake"):
            self.bind(bad["id"])
            self.up(self.vm["id"])
            states = self.plugin._reporter.states

            def huge(context, ids):
                return [
                    {**state, "vif_details": {"x": "y" * 5000}} if state["id"] == bad["id"] else state
                    for state in states(context, ids)
                ]

            with mock.patch.object(self.plugin._reporter, "states", side_effect=huge):
                for _ in range(3):
                    self.plugin._reporter.flush()
                assert {port_id for port_id, _ in self.reports()} == {bad["id"]}
                assert self.shown(bad["id"]), "an operator sees it among the jobs that failed"
            assert self.at_central("GET", f"/ports/{self.vm['id']}")["port"]["status"] == "ACTIVE"
            self.settle_late()
        assert not self.shown(bad["id"])
        there = self.at_central("GET", f"/ports/{bad['id']}", caller=ADMIN)["port"]
        assert there["binding:host_id"] == "host-1"

    def shown(self, port_id):
        """Jobs that failed, and say so of the port."""
        with self.central.tricircle.reader() as database:
            found = jobs.list_page(database, {"status": "FAIL"}, 100, None)
        return [job for job in found if job.resource.get("port_id") == port_id and "refused" in (job.last_error or "")]

    def settle_late(self):
        """As if the time of the back-off were over."""
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Report).update({"claimed_until": None})
        self.settle()


class TestOutbox(DoubtCase):
    def test_a_group_of_no_project_is_told_like_any_other(self):
        """An administrator of the system made it; and projects' ids may be long."""
        for project_id, key in (("", NO_PROJECT), ("p" * 120, "p" * 120)):
            group = {"name": "web", "project_id": project_id, "tenant_id": project_id}
            body = {"security_group": group}
            made = self.at_central("POST", "/security-groups", body, caller=ADMIN, status=201)["security_group"]
            self.get("security-groups", made["id"], caller=ADMIN)
            self.worker.forget()
            body = {"security_group": {"description": "new"}}
            self.at_central("PUT", f"/security-groups/{made['id']}", body, caller=ADMIN)
            assert self.get("security-groups", made["id"], caller=ADMIN)["description"] == ""
            done = [(str(kind), error) for kind, error in self.worker.run()]
            assert done == [("seg_rule_setup", ""), ("seg_rule_sync", "")], key
            assert self.get("security-groups", made["id"], caller=ADMIN)["description"] == "new"
