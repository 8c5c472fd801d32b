"""What tenants ask of central: hints, deletes, groups, and the jobs that these leave."""

from unittest import mock

import pytest
from neutron.plugins.ml2.common import exceptions as ml2_exc
from oslo_db import exception as db_exc

from tests.functional.network.central import CentralCase, state
from tricircle.domain.jobs import JobType
from tricircle.jobs.queue import JobQueue
from tricircle.network.central import outbox


class TestHints(CentralCase):
    def test_a_hint_is_a_region_or_a_zone_of_the_pods(self):
        assert self.network_of(["RegionOne"])["availability_zone_hints"] == ["RegionOne"]
        assert self.network_of(["az1", "az2"])["availability_zone_hints"] == ["az1", "az2"]

    def test_any_other_hint_is_refused_by_name(self):
        body = {"network": {"name": "n", "project_id": self._project_id, "availability_zone_hints": ["az1", "az9"]}}
        response = self.new_create_request("networks", body, as_admin=True).get_response(self.api)
        assert response.status_int == 404
        assert response.json["NeutronError"]["type"] == "AvailabilityZoneNotFound"
        assert "az9" in response.json["NeutronError"]["message"]

    def test_zones_are_the_pods(self):
        zones = self.plugin.get_availability_zones(self.admin, filters={})
        assert {(z["name"], z["resource"], z["state"]) for z in zones} == {
            (az, resource, "available") for az in ("az1", "az2") for resource in ("network", "router")
        }


class TestDeletes(CentralCase):
    def test_reservations_do_not_stand_against_deleting(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        subnet = self.subnet_of(network)
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[network["id"]])
        self._delete("subnets", subnet["id"], as_admin=True)
        self._delete("networks", network["id"], as_admin=True)
        jobs = self.jobs()
        for pod in (self.pods["RegionOne"].pod_id, self.pods["RegionTwo"].pod_id):
            assert (JobType.SUBNET_UPDATE, {"pod_id": pod, "subnet_id": subnet["id"]}) in jobs
            assert (JobType.UPDATE_NETWORK, {"pod_id": pod, "network_id": network["id"]}) in jobs

    def test_a_reservation_cannot_be_deleted_as_a_port(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        self.subnet_of(network)
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[network["id"]])
        ports = self.plugin.get_ports(self.admin, filters={"network_id": [network["id"]]})
        (gateway,) = (port for port in ports if port["name"].startswith("interface_RegionTwo_"))
        self._delete("ports", gateway["id"], expected_code=409, as_admin=True)

    def test_a_network_in_use_keeps_its_reservations(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        self.subnet_of(network)
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[network["id"]])
        self.port_of(network)
        before = self.plugin.get_ports(self.admin, filters={"network_id": [network["id"]]})
        self._delete("networks", network["id"], expected_code=409, as_admin=True)
        after = self.plugin.get_ports(self.admin, filters={"network_id": [network["id"]]})
        assert {p["id"] for p in after} == {p["id"] for p in before}

    def test_a_port_deleted_at_central_is_deleted_where_it_lives(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        self.subnet_of(network)
        port = self.port_of(network)
        self.view("RegionOne", network_ids=[network["id"]])
        self.report("RegionOne", [state(port)])
        self.jobs()
        self._delete("ports", port["id"], as_admin=True)
        pod = self.pods["RegionOne"].pod_id
        assert (JobType.PORT_DELETE, {"pod_id": pod, "port_id": port["id"]}) in self.jobs()


class TestGroups(CentralCase):
    def rule(self, group, port=80):
        body = {
            "security_group_rule": {
                "security_group_id": group["id"],
                "direction": "ingress",
                "ethertype": "IPv4",
                "protocol": "tcp",
                "port_range_min": port,
                "port_range_max": port,
                "remote_ip_prefix": None,
                "remote_group_id": None,
                "remote_address_group_id": None,
                "project_id": group["project_id"],
                "description": "",
            }
        }
        return self.plugin.create_security_group_rule(self.admin, body)

    def test_a_change_of_rules_is_a_job_of_the_project_if_regions_have_the_group(self):
        network = self.network_of()
        (group,) = self.view("RegionOne", network_ids=[network["id"]])["security_groups"]
        self.jobs()
        rule = self.rule(group)
        job = (JobType.SEG_RULE_SETUP, {"project_id": group["project_id"]})
        assert self.jobs() == [job]
        self.plugin.delete_security_group_rule(self.admin, rule["id"])
        assert self.jobs() == [job]

    def test_a_group_that_no_region_has_is_nobody_s_job(self):
        body = {"name": "alone", "description": "", "project_id": self._project_id, "stateful": True}
        group = self.plugin.create_security_group(self.admin, {"security_group": body})
        self.rule(group)
        assert self.jobs() == []


class TestOutbox(CentralCase):
    def setUp(self):
        super().setUp()
        self.net = self.network_of()
        self.view("RegionOne", network_ids=[self.net["id"]])
        self.jobs()
        self.job = (
            JobType.UPDATE_NETWORK,
            {"pod_id": self.pods["RegionOne"].pod_id, "network_id": self.net["id"]},
        )

    def rename(self):
        self.plugin.update_network(self.admin, self.net["id"], {"network": {"name": "new"}})

    def test_what_the_queue_could_not_take_is_delivered_by_the_sweep(self):
        queue_down = mock.patch.object(JobQueue, "enqueue", side_effect=db_exc.DBConnectionError())
        with queue_down:
            self.rename()
        assert self.plugin.get_network(self.admin, self.net["id"])["name"] == "new"
        self.plugin._outbox.sweep()
        assert self.jobs() == [], "what is young, its own request may be about to deliver"
        with mock.patch.object(outbox, "YOUNG", 0):
            self.plugin._outbox.sweep()
            assert self.jobs() == [self.job]
            self.plugin._outbox.sweep()
            assert self.jobs() == []

    def test_what_was_rolled_back_is_nobody_s_job(self):
        driver = self.plugin.mechanism_manager.mech_drivers["tricircle"].obj
        precommit = driver.update_network_precommit

        def fail_late(context):
            precommit(context)
            raise RuntimeError

        with (
            mock.patch.object(driver, "update_network_precommit", fail_late),
            pytest.raises(ml2_exc.MechanismDriverError),
        ):
            self.rename()
        with mock.patch.object(outbox, "YOUNG", 0):
            self.plugin._outbox.sweep()
        assert self.jobs() == []
