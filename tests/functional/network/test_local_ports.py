"""Ports that are made, changed and deleted in a region: identity and addresses are central's."""

from unittest import mock

from neutron.db import models_v2
from neutron.plugins.ml2 import plugin as ml2_plugin
from neutron_lib import exceptions as n_exc

from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local import LocalCase

IDENTITY = ("id", "mac_address", "fixed_ips", "security_groups", "project_id", "name", "network_id")


class PortsCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.sub = self.subnet(self.net)

    def instances_at_central(self):
        return {port["id"]: port for port in self.ports_at_central(self.net) if port["device_owner"] != "network:dhcp"}

    def assert_same(self, here, there):
        assert {field: here[field] for field in IDENTITY} == {field: there[field] for field in IDENTITY}


class TestCreate(PortsCase):
    def test_a_port_is_the_same_at_central_and_here_by_one_request(self):
        self.get("networks", self.net["id"])
        with self.central.seen() as requests:
            port = self.boot(self.net["id"], name="vm")
        assert requests == ["POST /v2.0/ports"]
        self.assert_same(port, self.instances_at_central()[port["id"]])
        assert len(port["fixed_ips"]) == 1

    def test_the_first_port_brings_its_network(self):
        with self.central.seen() as requests:
            port = self.boot(self.net["id"])
        assert requests == ["POST /v2.0/regional-views", "POST /v2.0/ports"]
        assert self.ids_here() == {self.net["id"]}
        self.assert_same(port, self.instances_at_central()[port["id"]])

    def test_what_the_user_asks_for_is_central_s_to_give(self):
        group = {"security_group": {"name": "web"}}
        group = self.at_central("POST", "/security-groups", group, status=201)["security_group"]
        desired = {
            "fixed_ips": [{"subnet_id": self.sub["id"], "ip_address": "10.0.0.177"}],
            "security_groups": [group["id"]],
        }
        port = self.boot(self.net["id"], **desired)
        assert port["fixed_ips"] == desired["fixed_ips"]
        assert port["security_groups"] == [group["id"]]
        self.assert_same(port, self.instances_at_central()[port["id"]])
        body = {"port": {"network_id": self.net["id"], "fixed_ips": desired["fixed_ips"]}}
        assert self.here("POST", "/ports", body).status == 409
        assert len(self.instances_at_central()) == 1

    def test_a_bulk_is_one_request_to_central(self):
        self.get("networks", self.net["id"])
        body = {"ports": [{"network_id": self.net["id"], "name": f"vm{n}"} for n in range(5)]}
        with self.central.seen() as requests:
            made = self.here("POST", "/ports", body).of(201)["ports"]
        assert requests == ["POST /v2.0/ports"]
        there = self.instances_at_central()
        assert there.keys() == {port["id"] for port in made}
        for port in made:
            self.assert_same(port, there[port["id"]])

    def test_a_quota_of_central_holds_here(self):
        quota = {"quota": {"port": 1}}  # ports that regions reserve are nobody's: they count for nobody
        self.at_central("PUT", f"/quotas/{self.owner.project_id}", quota, caller=ADMIN)
        self.boot(self.net["id"])
        answer = self.here("POST", "/ports", {"port": {"network_id": self.net["id"]}})
        assert answer.status == 409
        assert "Quota" in answer.body["NeutronError"]["message"]

    def test_what_policies_forbid_is_forbidden_here_and_nothing_is_made(self):
        shared = self.network(shared=True)
        guest = Caller("guest")
        body = {"port": {"network_id": shared["id"], "mac_address": "fa:16:3e:00:00:01"}}
        assert self.here("POST", "/ports", body, caller=guest).status == 403
        assert self.ports_at_central(shared) == []
        assert self.ids_here(models_v2.Port) == set()

    def test_without_port_security_a_port_has_no_groups_on_either_side(self):
        port = self.boot(self.net["id"], port_security_enabled=False)
        assert (port["port_security_enabled"], port["security_groups"]) == (False, [])
        there = self.instances_at_central()[port["id"]]
        assert (there["port_security_enabled"], there["security_groups"]) == (False, [])

    def test_addresses_that_instances_compute_themselves_are_the_same(self):
        self.subnet(self.net, cidr="fd00:2::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        port = self.boot(self.net["id"])
        there = self.instances_at_central()[port["id"]]
        assert len(port["fixed_ips"]) == 2
        assert sorted(f["ip_address"] for f in port["fixed_ips"]) == sorted(f["ip_address"] for f in there["fixed_ips"])

    def test_an_address_on_a_subnet_that_is_younger_than_the_copy_brings_the_subnet(self):
        self.get("networks", self.net["id"])
        young = self.subnet(self.net, cidr="10.7.0.0/24")
        port = self.boot(self.net["id"], fixed_ips=[{"subnet_id": young["id"]}])
        assert port["fixed_ips"][0]["ip_address"].startswith("10.7.0.")
        assert young["id"] in self.ids_here(models_v2.Subnet)

    def test_what_fails_here_is_taken_back_at_central(self):
        self.get("networks", self.net["id"])
        failing = mock.patch.object(
            ml2_plugin.Ml2Plugin, "_create_port_db", side_effect=n_exc.InvalidInput(error_message="x")
        )
        with failing:
            assert self.here("POST", "/ports", {"port": {"network_id": self.net["id"]}}).status == 400
        self.settle()
        assert self.instances_at_central() == {}

    def test_a_bulk_that_fails_here_is_taken_back_as_a_whole(self):
        self.get("networks", self.net["id"])
        body = {"ports": [{"network_id": self.net["id"]} for _ in range(3)]}
        failing = mock.patch.object(
            ml2_plugin.Ml2Plugin, "create_port_bulk", side_effect=n_exc.InvalidInput(error_message="x")
        )
        with failing:
            assert self.here("POST", "/ports", body).status == 400
        self.settle()
        assert self.instances_at_central() == {}

    def test_a_network_of_the_region_alone_asks_nobody(self):
        body = {"network": {"name": "mine"}}
        own = self.here("POST", "/networks", body).of(201)["network"]
        with self.central.seen() as requests:
            self.boot(own["id"])
        assert [request for request in requests if request.endswith("/ports")] == []


class TestChange(PortsCase):
    def setUp(self):
        super().setUp()
        self.vm = self.boot(self.net["id"])

    def there(self):
        return self.instances_at_central()[self.vm["id"]]

    def test_a_name_changed_here_is_changed_at_central(self):
        body = {"port": {"name": "renamed", "description": "by its owner"}}
        changed = self.here("PUT", f"/ports/{self.vm['id']}", body).of(200)["port"]
        there = self.there()
        assert (
            (changed["name"], changed["description"])
            == (there["name"], there["description"])
            == tuple(body["port"].values())
        )

    def test_groups_changed_here_are_changed_at_central_and_brought(self):
        group = self.at_central("POST", "/security-groups", {"security_group": {"name": "web"}}, status=201)[
            "security_group"
        ]
        body = {"port": {"security_groups": [group["id"]]}}
        changed = self.here("PUT", f"/ports/{self.vm['id']}", body).of(200)["port"]
        assert changed["security_groups"] == self.there()["security_groups"] == [group["id"]]

    def test_addresses_changed_here_are_changed_at_central(self):
        body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.188", "subnet_id": self.sub["id"]}]}}
        changed = self.here("PUT", f"/ports/{self.vm['id']}", body).of(200)["port"]
        assert changed["fixed_ips"] == self.there()["fixed_ips"] == body["port"]["fixed_ips"]

    def test_an_address_without_its_subnet_s_id_is_the_same_on_both_sides(self):
        body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.189"}]}}
        changed = self.here("PUT", f"/ports/{self.vm['id']}", body).of(200)["port"]
        assert changed["fixed_ips"] == self.there()["fixed_ips"]
        assert changed["fixed_ips"][0]["ip_address"] == "10.0.0.189"

    def test_a_binding_is_not_sent_to_central_as_a_change(self):
        self.agent()
        with self.central.seen() as requests:
            self.bind(self.vm["id"])
        assert [request for request in requests if request.startswith("PUT")] == []

    def test_what_a_tenant_may_not_set_is_refused_and_changes_nothing(self):
        for change in ({"mac_address": "fa:16:3e:00:00:09"}, {"binding:host_id": "host-9"}):
            assert self.here("PUT", f"/ports/{self.vm['id']}", {"port": change}).status == 403, change
        assert self.there()["mac_address"] == self.vm["mac_address"]

    def test_an_administrator_s_mac_is_the_same_on_both_sides(self):
        body = {"port": {"mac_address": "fa:16:3e:00:00:09"}}
        changed = self.here("PUT", f"/ports/{self.vm['id']}", body, caller=ADMIN).of(200)["port"]
        assert changed["mac_address"] == self.there()["mac_address"] == "fa:16:3e:00:00:09"

    def test_a_guest_on_a_shared_network_may_change_its_own_port_only(self):
        stranger = Caller("stranger")
        assert self.here("PUT", f"/ports/{self.vm['id']}", {"port": {"name": "x"}}, caller=stranger).status == 404

    def test_an_address_taken_at_central_is_refused_here_too(self):
        self.port(self.net, fixed_ips=[{"ip_address": "10.0.0.190"}])
        body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.190", "subnet_id": self.sub["id"]}]}}
        assert self.here("PUT", f"/ports/{self.vm['id']}", body).status == 409
        assert self.get("ports", self.vm["id"])["fixed_ips"] == self.vm["fixed_ips"]


class TestDelete(PortsCase):
    def test_what_is_deleted_here_is_gone_at_central(self):
        port = self.boot(self.net["id"])
        self.here("DELETE", f"/ports/{port['id']}").of(204)
        self.settle()
        assert self.instances_at_central() == {}
        assert self.here("GET", f"/ports/{port['id']}").status == 404

    def test_a_port_made_at_central_and_used_here_goes_on_both_sides(self):
        self.agent()
        port = self.port(self.net)
        self.get("ports", port["id"])
        self.bind(port["id"])
        self.here("DELETE", f"/ports/{port['id']}", caller=SERVICE).of(204)
        self.settle()
        assert self.instances_at_central() == {}


class TestCopies(PortsCase):
    """Networks and subnets of central's are changed there."""

    def setUp(self):
        super().setUp()
        self.get("networks", self.net["id"])

    def test_a_tenant_s_change_of_a_copy_is_refused_naming_central(self):
        for method, path, body in (
            ("PUT", f"/networks/{self.net['id']}", {"network": {"name": "x"}}),
            ("DELETE", f"/networks/{self.net['id']}", None),
            ("PUT", f"/subnets/{self.sub['id']}", {"subnet": {"name": "x"}}),
            ("DELETE", f"/subnets/{self.sub['id']}", None),
        ):
            answer = self.here(method, path, body)
            assert answer.status == 409, (method, path)
            assert "central Neutron" in answer.body["NeutronError"]["message"]
        assert self.get("networks", self.net["id"])["name"] == "net"

    def test_a_tenant_adds_no_subnet_to_a_copy(self):
        body = {"subnet": {"network_id": self.net["id"], "cidr": "10.66.0.0/24", "ip_version": 4}}
        answer = self.here("POST", "/subnets", body)
        assert answer.status == 409
        assert "central Neutron" in answer.body["NeutronError"]["message"]

    def test_tricircle_deletes_a_copy_and_a_later_request_brings_it_again(self):
        self.here("DELETE", f"/networks/{self.net['id']}", caller=ADMIN).of(204)
        assert self.ids_here() == self.ids_here(models_v2.Subnet) == set()
        assert self.get("networks", self.net["id"])["subnets"] == [self.sub["id"]]

    def test_a_network_of_the_region_alone_stays_its_owner_s(self):
        own = self.here("POST", "/networks", {"network": {"name": "mine"}}).of(201)["network"]
        self.here("PUT", f"/networks/{own['id']}", {"network": {"name": "still mine"}}).of(200)
        self.here("DELETE", f"/networks/{own['id']}").of(204)
        assert own["id"] not in self.ids_here()
