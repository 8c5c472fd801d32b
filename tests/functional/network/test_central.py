"""Central Neutron as regions meet it: views, reports, remote endpoints; over Neutron's own API and database."""

from unittest import mock

import pytest
from neutron.plugins.ml2.common import exceptions as ml2_exc
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron_lib import context as n_context
from oslo_db import exception as db_exc
from oslo_utils import uuidutils

from tests.functional.network import base
from tricircle.db import routings as routings_db
from tricircle.db.neutron import locations
from tricircle.domain.jobs import JobType
from tricircle.jobs.queue import JobQueue

ASKED = ("network", "subnet", "port", "security_group", "address_group", "project")


class CentralCase(base.CentralMixin, base_tests.NeutronDbPluginV2TestCase):
    def setUp(self):
        super().setUp(plugin=base.CENTRAL)
        self.admin = n_context.get_admin_context()

    def view(self, region, context=None, **ids):
        wish = {f"{name}_ids": [] for name in ASKED}
        body = {"regional_view": wish | ids | {"region_name": region}}
        return self.plugin.create_regional_view(context or self.admin, body)

    def report(self, region, ports=(), deleted=()):
        body = {"region_name": region, "ports": list(ports), "deleted_port_ids": list(deleted)}
        return self.plugin.create_regional_report(self.admin, {"regional_report": body})

    def network_of(self, hints=(), **attributes):
        kwargs = {"availability_zone_hints": list(hints), **attributes}
        return self._make_network("json", "net", True, as_admin=True, arg_list=tuple(kwargs), **kwargs)["network"]

    def subnet_of(self, network, cidr="10.0.0.0/24", **kwargs):
        return self._make_subnet("json", {"network": network}, kwargs.pop("gateway", "10.0.0.1"), cidr, **kwargs)[
            "subnet"
        ]

    def port_of(self, network, **kwargs):
        return self._make_port("json", network["id"], **kwargs)["port"]

    def jobs(self):
        queue = JobQueue(self.database)
        jobs = []
        while (job := queue.claim("test")) is not None:
            queue.finish(job)
            jobs.append((job.type, dict(job.resource)))
        return jobs

    def routings(self, object_id):
        with self.database.reader() as session:
            return {r.pod_id for r in routings_db.find(session, top_ids=[object_id])}


def state(port, **changes):
    fields = {
        "id": port["id"],
        "revision": 7,
        "status": "ACTIVE",
        "host": "host-1",
        "vif_type": "ovs",
        "vif_details": {"port_filter": True},
        "device_id": "instance",
        "device_owner": "compute:az1",
        "vtep": "172.30.0.11",
    }
    return fields | changes


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


class TestViews(CentralCase):
    def test_the_first_region_has_the_gateway_and_the_next_another(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        subnet = self.subnet_of(network)
        one = self.view("RegionOne", network_ids=[network["id"]])
        two = self.view("RegionTwo", network_ids=[network["id"]])
        assert one["subnets"][0]["gateway_ip"] == subnet["gateway_ip"] == "10.0.0.1"
        assert one["subnets"][0]["allocation_pools"] == subnet["allocation_pools"]
        other = two["subnets"][0]["gateway_ip"]
        assert other not in (None, "10.0.0.1")
        reserved = self.plugin.get_ports(self.admin, filters={"fixed_ips": {"ip_address": [other]}})
        assert [port["name"] for port in reserved] == [f"interface_RegionTwo_{subnet['id']}"]
        for pool in two["subnets"][0]["allocation_pools"]:
            assert not pool["start"] <= other <= pool["end"]

    def test_each_region_has_a_dhcp_port_of_its_own_and_asking_again_changes_nothing(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        subnet = self.subnet_of(network)
        views = [self.view(region, network_ids=[network["id"]]) for region in ("RegionOne", "RegionTwo", "RegionOne")]
        ports = [view["ports"][0] for view in views]
        assert [port["name"] for port in ports] == [
            f"dhcp_port_{region}_{subnet['id']}" for region in ("RegionOne", "RegionTwo", "RegionOne")
        ]
        assert ports[0]["id"] == ports[2]["id"] != ports[1]["id"]
        assert views[0]["subnets"] == views[2]["subnets"]
        assert len(self.plugin.get_ports(self.admin, filters={"network_id": [network["id"]]})) == 3

    def test_no_gateway_and_no_dhcp_reserve_nothing(self):
        network = self.network_of()
        self.subnet_of(network, gateway=None, enable_dhcp=False)
        for region in ("RegionOne",):
            view = self.view(region, network_ids=[network["id"]])
            assert view["subnets"][0]["gateway_ip"] is None
            assert view["ports"] == []

    def test_a_further_subnet_extends_the_dhcp_port(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        self.subnet_of(network)
        (before,) = self.view("RegionOne", network_ids=[network["id"]])["ports"]
        second = self.subnet_of(network, cidr="10.9.0.0/24", gateway="10.9.0.1")
        (after,) = self.view("RegionOne", subnet_ids=[second["id"]])["ports"]
        assert after["id"] == before["id"]
        assert {f["subnet_id"] for f in after["fixed_ips"]} > {f["subnet_id"] for f in before["fixed_ips"]}
        assert before["fixed_ips"][0] in after["fixed_ips"]

    def test_a_network_is_refused_to_a_region_where_it_may_not_live(self):
        network = self.network_of(["RegionOne"])
        view = self.view("RegionTwo", network_ids=[network["id"]])
        assert view["networks"] == []
        assert view["refused"][0]["id"] == network["id"]
        assert "RegionOne" in view["refused"][0]["reason"]
        assert self.routings(network["id"]) == set()

    def test_a_network_of_type_local_belongs_to_the_first_region_that_asks(self):
        network = self.network_of(**{"provider:network_type": "local"})
        assert self.view("RegionTwo", network_ids=[network["id"]])["networks"]
        assert self.view("RegionOne", network_ids=[network["id"]])["refused"]
        assert self.view("RegionTwo", network_ids=[network["id"]])["networks"]

    def test_presence_is_recorded_and_remote_endpoints_come_with_the_network(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        subnet, port = self.subnet_of(network), self.port_of(network)
        (seen,) = self.view("RegionOne", network_ids=[network["id"]])["networks"]
        assert self.routings(network["id"]) == self.routings(subnet["id"]) == {self.pods["RegionOne"].pod_id}
        assert seen["remote_endpoints"] == []
        self.report("RegionOne", [state(port)])
        (address,) = port["fixed_ips"]
        endpoint = {"mac_address": port["mac_address"], "ip_address": address["ip_address"], "vtep": "172.30.0.11"}
        for region, known in (("RegionOne", []), ("RegionTwo", [endpoint])):
            (seen,) = self.view(region, network_ids=[network["id"]])["networks"]
            assert seen["remote_endpoints"] == known
        assert self.jobs() == []

    def test_the_caller_sees_what_it_may_see_and_the_region_gets_the_segment_all_the_same(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        stranger = n_context.Context(user_id="u", project_id="stranger")
        owner = n_context.Context(user_id="u", project_id=network["project_id"])
        assert self.view("RegionOne", stranger, network_ids=[network["id"]])["networks"] == []
        (seen,) = self.view("RegionOne", owner, network_ids=[network["id"]])["networks"]
        assert seen["provider:segmentation_id"] == network["provider:segmentation_id"]

    def test_groups_come_with_all_that_their_rules_name(self):
        network = self.network_of()
        context = n_context.Context(user_id="u", project_id=network["project_id"], is_admin=True)
        groups = [
            self.plugin.create_security_group(
                context,
                {
                    "security_group": {
                        "name": name,
                        "description": "",
                        "project_id": network["project_id"],
                        "stateful": True,
                    }
                },
            )
            for name in ("web", "db")
        ]
        rule = {
            "security_group_id": groups[1]["id"],
            "remote_group_id": groups[0]["id"],
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": "tcp",
            "port_range_min": 5432,
            "port_range_max": 5432,
            "remote_ip_prefix": None,
            "remote_address_group_id": None,
            "project_id": network["project_id"],
            "description": "",
        }
        self.plugin.create_security_group_rule(context, {"security_group_rule": rule})
        view = self.view("RegionOne", security_group_ids=[groups[1]["id"]])
        assert {group["name"] for group in view["security_groups"]} == {"web", "db"}
        with_network = self.view("RegionOne", network_ids=[network["id"]])
        assert [(g["name"], g["is_default"]) for g in with_network["security_groups"]] == [("default", True)]

    def test_an_unknown_region_is_named(self):
        body = {"regional_view": {"region_name": "RegionNine"}}
        response = self.new_create_request("regional-views", body, as_service=True).get_response(self.api)
        assert response.status_int == 400
        assert "RegionNine" in response.json["NeutronError"]["message"]

    def test_tenants_and_administrators_are_no_regions(self):
        for who in ({}, {"as_admin": True}):
            for collection, body in (
                ("regional-views", {"regional_view": {"region_name": "RegionOne"}}),
                ("regional-reports", {"regional_report": {"region_name": "RegionOne"}}),
            ):
                response = self.new_create_request(collection, body, **who).get_response(self.api)
                assert response.status_int == 403, (who, collection)


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
        assert locations.of_port(self.admin, self.port["id"]).region_name == "RegionTwo"

    def test_what_a_region_deleted_is_gone_and_the_others_forget_it(self):
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        self.report("RegionOne", deleted=[self.port["id"], uuidutils.generate_uuid()])
        assert self.plugin.get_ports(self.admin, filters={"id": [self.port["id"]]}) == []
        assert self.routings(self.port["id"]) == set()
        two = self.pods["RegionTwo"].pod_id
        assert (JobType.SHADOW_PORT_SETUP, {"pod_id": two, "network_id": self.net["id"]}) in self.jobs()

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
        assert self.jobs() == []
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
        self.plugin._outbox.sweep()
        assert self.jobs() == []
