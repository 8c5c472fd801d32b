"""What a region is given of a network, its addresses and its groups when it asks central."""

import functools
from unittest import mock

from neutron_lib import context as n_context

from tests.functional.network.central import CentralCase, state
from tricircle.domain.routings import ResourceType


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

    def while_recorded(self, kind, act):
        """Another request is done just before it is recorded that a region has the first objects of a kind."""
        record, done = self.plugin._records.record, []

        def later(pod, objects, *args):
            objects = list(objects)
            if not done and kind in {one[0] for one in objects}:
                done.append(act())
            return record(pod, objects, *args)

        return mock.patch.object(self.plugin._records, "record", side_effect=later)

    def test_a_group_that_goes_meanwhile_is_recorded_nowhere(self):
        body = {"security_group": {"project_id": self._project_id, "name": "web", "description": ""}}
        group = self.plugin.create_security_group(self.admin, body)
        delete = functools.partial(self.plugin.delete_security_group, n_context.get_admin_context(), group["id"])
        with self.while_recorded(ResourceType.SECURITY_GROUP, delete):
            view = self.view("RegionOne", security_group_ids=[group["id"]])
        assert group["id"] not in {one["id"] for one in view["security_groups"]}
        assert self.routings(group["id"]) == set()

    def test_a_dhcp_server_s_port_that_goes_meanwhile_is_recorded_nowhere(self):
        network = self.network_of(**{"provider:network_type": "vxlan"})
        subnet, gone = self.subnet_of(network), []

        def delete():
            filters = {"network_id": [network["id"]], "device_owner": ["network:dhcp"]}
            for port in self.plugin.get_ports(self.admin, filters=filters):
                gone.append(port["id"])
                self.plugin.delete_port(n_context.get_admin_context(), port["id"], l3_port_check=False)

        with self.while_recorded(ResourceType.PORT, delete):
            self.view("RegionOne", subnet_ids=[subnet["id"]])
        assert [self.routings(id_) for id_ in gone] == [set()]

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
                assert response.status_int == 404, (who, collection)
