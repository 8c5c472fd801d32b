"""What regions tell central of ports, and what the other regions hear of it."""

from unittest import mock

from oslo_utils import uuidutils

from tests.functional.network.central import CentralCase, region_of, state
from tricircle.domain.jobs import JobType


class TestReports(CentralCase):
    def setUp(self):
        super().setUp()
        self.net = self.network_of(**{"provider:network_type": "vxlan"})
        self.subnet_of(self.net)
        self.port = self.port_of(self.net)
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[self.net["id"]])
        self.jobs()

    def shown(self):
        return self._show("ports", self.port["id"], as_admin=True)["port"]

    def test_binding_and_status_are_central_s_from_then_on(self):
        self.report("RegionOne", [state(self.port)])
        shown = self.shown()
        assert (shown["status"], shown["device_owner"], shown["device_id"]) == ("ACTIVE", "compute:az1", "instance")
        assert (shown["binding:host_id"], shown["binding:vif_type"]) == ("host-1", "ovs")
        assert self.routings(self.port["id"]) == {self.pods["RegionOne"].pod_id}

    def test_the_other_regions_of_the_network_are_told_once(self):
        self.report("RegionOne", [state(self.port)])
        self.report("RegionOne", [state(self.port)])
        two = self.pods["RegionTwo"].pod_id
        assert self.jobs() == [(JobType.SHADOW_PORT_SETUP, {"pod_id": two, "network_id": self.net["id"]})]

    def test_an_older_report_after_a_newer_one_changes_nothing(self):
        self.report("RegionOne", [state(self.port, revision=9)])
        self.report("RegionOne", [state(self.port, revision=8, status="DOWN")])
        assert self.shown()["status"] == "ACTIVE"

    def test_a_region_does_not_speak_for_another_s_port(self):
        self.report("RegionOne", [state(self.port)])
        self.report("RegionTwo", [state(self.port, revision=99, host="", status="DOWN")])
        assert self.shown()["status"] == "ACTIVE"
        self.report("RegionTwo", deleted=[self.port["id"]])
        assert self.shown()["id"] == self.port["id"]

    def test_a_port_may_move_to_another_region(self):
        self.report("RegionOne", [state(self.port, revision=50)])
        self.report("RegionTwo", [state(self.port, revision=2, host="host-2", vtep="172.30.0.12")])
        assert self.shown()["binding:host_id"] == "host-2"
        assert region_of(self.admin, self.port["id"]) == "RegionTwo"

    def test_what_a_region_deleted_is_gone_and_the_others_forget_it(self):
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        self.report("RegionOne", deleted=[self.port["id"], uuidutils.generate_uuid()])
        assert self.plugin.get_ports(self.admin, filters={"id": [self.port["id"]]}) == []
        assert self.routings(self.port["id"]) == set()
        two = self.pods["RegionTwo"].pod_id
        assert (JobType.SHADOW_PORT_SETUP, {"pod_id": two, "network_id": self.net["id"]}) in self.jobs()

    def test_a_port_that_goes_while_it_is_reported_is_recorded_nowhere(self):
        """Two requests of a region at once: one reports it, the other its end."""
        record = self.plugin._records.record

        def later(pod, objects, *args):
            self.report("RegionOne", deleted=[self.port["id"]])
            return record(pod, objects, *args)

        with mock.patch.object(self.plugin._records, "record", side_effect=later):
            self.report("RegionOne", [state(self.port)])
        assert self.routings(self.port["id"]) == set()

    def test_a_port_that_is_reported_while_it_goes_is_recorded_nowhere(self):
        self.report("RegionOne", [state(self.port, revision=8)])
        delete = self.plugin.delete_port

        def earlier(*args, **kwargs):
            self.report("RegionOne", [state(self.port, revision=9)])
            delete(*args, **kwargs)

        with mock.patch.object(self.plugin, "delete_port", side_effect=earlier):
            self.report("RegionOne", deleted=[self.port["id"]])
        assert self.routings(self.port["id"]) == set()

    def test_other_regions_hear_how_a_port_is_reached_and_when_that_changes(self):
        self.view("RegionTwo", network_ids=[self.net["id"]])
        self.report("RegionOne", [state(self.port, encapsulation="geneve", tunnel_key=9)])
        filters = {"id": [self.net["id"]], "region_name": ["RegionTwo"]}
        (endpoint,) = self.plugin.get_remote_endpoints(self.admin, filters)[0]["endpoints"]
        assert (endpoint["encapsulation"], endpoint["tunnel_key"]) == ("geneve", 9)
        self.jobs()
        self.report("RegionOne", [state(self.port, revision=8)])
        (endpoint,) = self.plugin.get_remote_endpoints(self.admin, filters)[0]["endpoints"]
        assert not endpoint.keys() & {"encapsulation", "tunnel_key"}
        assert JobType.SHADOW_PORT_SETUP in [job_type for job_type, _ in self.jobs()]

    def test_unknown_ports_are_answered(self):
        stranger = dict(self.port, id=uuidutils.generate_uuid())
        assert self.report("RegionOne", [state(stranger)])["unknown_port_ids"] == [stranger["id"]]

    def test_remote_endpoints_are_the_other_regions_ports(self):
        self.report("RegionOne", [state(self.port)])
        filters = {"id": [self.net["id"]], "region_name": ["RegionTwo"]}
        (table,) = self.plugin.get_remote_endpoints(self.admin, filters)
        assert table["endpoints"] == [
            {
                "mac_address": self.port["mac_address"],
                "ip_address": self.port["fixed_ips"][0]["ip_address"],
                "vtep": "172.30.0.11",
            }
        ]
        filters["region_name"] = ["RegionOne"]
        assert self.plugin.get_remote_endpoints(self.admin, filters)[0]["endpoints"] == []
