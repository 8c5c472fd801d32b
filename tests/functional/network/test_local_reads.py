"""A region's Neutron that is asked for an object by id brings it from central."""

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from oslo_utils import uuidutils

from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local import LocalCase
from tricircle.plans import group_members


class TestNetworks(LocalCase):
    def test_a_network_asked_for_by_id_comes_with_its_subnets_as_they_are_at_central(self):
        network = self.network(name="blue", description="the blue one")
        subnet = self.subnet(
            network, dns_nameservers=["10.0.0.53"], host_routes=[{"destination": "10.8.0.0/16", "nexthop": "10.0.0.9"}]
        )
        copy = self.get("networks", network["id"])
        for field in (
            "id",
            "name",
            "description",
            "project_id",
            "mtu",
            "shared",
            "admin_state_up",
            "port_security_enabled",
        ):
            assert copy[field] == network[field], field
        assert copy["subnets"] == [subnet["id"]]
        subnet_here = self.get("subnets", subnet["id"])
        same = (
            "id",
            "network_id",
            "name",
            "cidr",
            "gateway_ip",
            "enable_dhcp",
            "allocation_pools",
            "dns_nameservers",
            "host_routes",
            "project_id",
        )
        assert {field: subnet_here[field] for field in same} == {field: subnet[field] for field in same}

    def test_the_segment_is_central_s(self):
        network = self.network()
        shown = self.at_central("GET", f"/networks/{network['id']}", caller=ADMIN)["network"]
        self.get("networks", network["id"])
        copy = self.get("networks", network["id"], caller=ADMIN)
        for field in ("provider:network_type", "provider:physical_network", "provider:segmentation_id"):
            assert copy[field] == shown[field], field
        assert copy["provider:network_type"] == "vxlan"

    def test_a_vlan_keeps_its_physical_network_and_number(self):
        provider = {
            "provider:network_type": "vlan",
            "provider:physical_network": "bridge",
            "provider:segmentation_id": 2100,
        }
        network = self.network(**provider)
        copy = self.get("networks", network["id"], caller=ADMIN)
        assert {field: copy[field] for field in provider} == provider
        self.at_central("DELETE", f"/networks/{network['id']}", caller=ADMIN, status=204)

    def test_of_a_network_of_type_local_the_region_chooses_the_type(self):
        network = self.network(**{"provider:network_type": "local"})
        assert self.get("networks", network["id"], caller=ADMIN)["provider:network_type"] == "vxlan"

    def test_the_dhcp_server_s_port_is_reserved_for_the_region_s_agent(self):
        network = self.network()
        subnet = self.subnet(network)
        self.get("networks", network["id"])
        (here,) = self.here("GET", f"/ports?network_id={network['id']}", caller=ADMIN).of(200)["ports"]
        (there,) = self.ports_at_central(network)
        assert (here["device_owner"], here["device_id"]) == ("network:dhcp", "reserved_dhcp_port")
        for field in ("id", "mac_address", "fixed_ips", "name"):
            assert here[field] == there[field], field
        assert here["name"] == f"dhcp_port_RegionOne_{subnet['id']}"
        assert here["security_groups"] == []

    def test_a_list_by_ids_brings_them_all_with_one_request(self):
        networks = [self.network() for _ in range(3)]
        query = "&".join(f"id={network['id']}" for network in networks)
        with self.central.seen() as requests:
            listed = self.here("GET", f"/networks?{query}").of(200)["networks"]
        assert {network["id"] for network in listed} == {network["id"] for network in networks}
        assert requests == ["POST /v2.0/regional-views"]

    def test_what_is_here_is_not_asked_for_again(self):
        network = self.network()
        self.subnet(network)
        self.get("networks", network["id"])
        with self.central.seen() as requests:
            copy = self.get("networks", network["id"])
            self.get("subnets", copy["subnets"][0])
            self.here("GET", f"/networks?id={network['id']}").of(200)
            self.here("GET", f"/subnets?network_id={network['id']}").of(200)
        assert requests == []

    def test_any_other_list_is_answered_by_the_region_alone(self):
        network = self.network()
        with self.central.seen() as requests:
            assert self.here("GET", "/networks").of(200)["networks"] == []
            assert self.here("GET", f"/networks?name={network['name']}").of(200)["networks"] == []
        assert requests == []

    def test_a_caller_without_token_brings_nothing(self):
        network = self.network()
        with self.central.seen() as requests:
            assert self.here("GET", f"/networks/{network['id']}", with_token=False).status == 404
            assert self.here("GET", f"/networks?id={network['id']}", with_token=False).of(200)["networks"] == []
        assert requests == []
        assert self.ids_here() == set()

    def test_a_stranger_brings_nothing_and_a_member_s_copy_is_hidden_from_the_stranger(self):
        network = self.network()
        stranger = Caller("stranger")
        assert self.here("GET", f"/networks/{network['id']}", caller=stranger).status == 404
        assert self.ids_here() == set()
        self.get("networks", network["id"])
        assert self.here("GET", f"/networks/{network['id']}", caller=stranger).status == 404

    def test_a_shared_network_is_everybody_s(self):
        network = self.network(shared=True)
        self.subnet(network)
        assert self.get("networks", network["id"], caller=Caller("guest"))["shared"] is True

    def test_a_network_of_another_region_is_not_found_here(self):
        network = self.network(availability_zone_hints=["RegionTwo"])
        with self.assertLogs("tricircle.network.local.copies", "INFO") as logged:
            assert self.here("GET", f"/networks/{network['id']}").status == 404
        assert "RegionTwo" in logged.output[0]
        assert self.ids_here() == set()

    def test_an_unknown_id_is_not_found(self):
        assert self.here("GET", "/networks/7c9e6679-7425-40de-944b-e07fc1f90ae7").status == 404


class TestSubnets(LocalCase):
    def test_a_name_in_place_of_an_id_is_not_asked_for_at_central(self):
        with self.central.seen() as requests:
            for collection in ("networks", "subnets", "ports", "security-groups"):
                assert self.here("GET", f"/{collection}/blue").status == 404, collection
            assert self.here("GET", "/networks?id=blue").of(200)["networks"] == []
        assert [request for request in requests if "regional-views" in request] == []

    def test_a_subnet_asked_for_by_id_brings_its_network(self):
        subnet = self.subnet(self.network())
        assert self.get("subnets", subnet["id"])["cidr"] == subnet["cidr"]
        assert self.ids_here() == {subnet["network_id"]}

    def test_a_subnet_younger_than_the_copy_of_its_network_comes_when_asked_for(self):
        network = self.network()
        first = self.subnet(network)
        self.get("networks", network["id"])
        second = self.subnet(network, cidr="10.9.0.0/24")
        assert self.get("subnets", second["id"])["gateway_ip"] == "10.9.0.1"
        assert set(self.get("networks", network["id"])["subnets"]) == {first["id"], second["id"]}
        (here,) = self.here("GET", f"/ports?network_id={network['id']}", caller=ADMIN).of(200)["ports"]
        (there,) = self.ports_at_central(network)
        assert sorted(f["ip_address"] for f in here["fixed_ips"]) == sorted(f["ip_address"] for f in there["fixed_ips"])
        assert len(here["fixed_ips"]) == 2

    def test_a_subnet_without_gateway_and_dhcp_stays_so(self):
        network = self.network()
        subnet = self.subnet(network, gateway_ip=None, enable_dhcp=False)
        copy = self.get("subnets", subnet["id"])
        assert (copy["gateway_ip"], copy["enable_dhcp"]) == (None, False)
        assert self.ids_here(models_v2.Port) == set()

    def test_a_second_region_s_copy_shows_its_own_gateway(self):
        network = self.network()
        subnet = self.subnet(network)
        desired = {"regional_view": {"region_name": "RegionTwo", "network_ids": [network["id"]]}}
        self.at_central("POST", "/regional-views", desired, caller=SERVICE, status=201)
        copy = self.get("subnets", subnet["id"])
        reserved = {port["name"]: port for port in self.ports_at_central(network)}[
            f"interface_RegionOne_{subnet['id']}"
        ]
        assert copy["gateway_ip"] == reserved["fixed_ips"][0]["ip_address"] != subnet["gateway_ip"]


class TestPorts(LocalCase):
    def test_a_port_made_at_central_comes_with_its_network_and_groups(self):
        network = self.network()
        self.subnet(network)
        port = self.port(network, name="made at central", allowed_address_pairs=[{"ip_address": "10.0.0.99"}])
        copy = self.get("ports", port["id"])
        for field in (
            "id",
            "name",
            "mac_address",
            "fixed_ips",
            "security_groups",
            "project_id",
            "allowed_address_pairs",
            "port_security_enabled",
        ):
            assert copy[field] == port[field], field

    def test_a_list_of_ports_by_ids_brings_them(self):
        network = self.network()
        self.subnet(network)
        ports = [self.port(network) for _ in range(2)]
        query = "&".join(f"id={port['id']}" for port in ports)
        listed = self.here("GET", f"/ports?{query}").of(200)["ports"]
        assert {port["id"]: port["mac_address"] for port in listed} == {
            port["id"]: port["mac_address"] for port in ports
        }

    def test_addresses_that_instances_compute_themselves_are_the_same_on_both_sides(self):
        network = self.network()
        self.subnet(network)
        self.subnet(network, cidr="fd00:1::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        port = self.port(network)
        copy = self.get("ports", port["id"])
        key = lambda fixed: fixed["subnet_id"]  # noqa: E731
        assert sorted(copy["fixed_ips"], key=key) == sorted(port["fixed_ips"], key=key)
        assert len(copy["fixed_ips"]) == 2

    def test_a_stranger_does_not_get_it(self):
        network = self.network()
        self.subnet(network)
        port = self.port(network)
        assert self.here("GET", f"/ports/{port['id']}", caller=Caller("stranger")).status == 404
        assert self.ids_here() == set()


class TestSecurityGroups(LocalCase):
    def rules(self, group):
        fields = (
            "id",
            "direction",
            "ethertype",
            "protocol",
            "port_range_min",
            "port_range_max",
            "remote_ip_prefix",
            "remote_group_id",
        )
        return sorted(tuple(rule[field] for field in fields) for rule in group["security_group_rules"])

    def group_at_central(self, name="web"):
        body = {"security_group": {"name": name}}
        return self.at_central("POST", "/security-groups", body, status=201)["security_group"]

    def add_rule(self, group, **rule):
        body = {
            "security_group_rule": {
                "security_group_id": group["id"],
                "direction": "ingress",
                "ethertype": "IPv4",
                **rule,
            }
        }
        self.at_central("POST", "/security-group-rules", body, status=201)

    def test_a_network_comes_with_its_project_s_default_group(self):
        network = self.network()
        self.get("networks", network["id"])
        (there,) = self.at_central("GET", "/security-groups?name=default")["security_groups"]
        (here,) = self.here("GET", "/security-groups", with_token=False).of(200)["security_groups"]
        # Without a token one sees what stands for members elsewhere, too.
        here["security_group_rules"] = group_members.visible(here["security_group_rules"])
        assert (here["id"], here["name"], here["project_id"]) == (there["id"], "default", self.owner.project_id)
        assert self.rules(here) == self.rules(there)
        assert len(here["security_group_rules"]) == 4

    def test_a_group_asked_for_by_id_comes_with_the_groups_that_its_rules_name(self):
        web, db = self.group_at_central("web"), self.group_at_central("db")
        self.add_rule(db, protocol="tcp", port_range_min=5432, port_range_max=5432, remote_group_id=web["id"])
        self.add_rule(web, protocol="tcp", port_range_min=80, port_range_max=80, remote_ip_prefix="192.0.2.0/24")
        here = self.get("security-groups", db["id"])
        there = self.at_central("GET", f"/security-groups/{db['id']}")["security_group"]
        assert self.rules(here) == self.rules(there)
        assert web["id"] in self.ids_here(sg_models.SecurityGroup)

    def test_a_stranger_s_group_is_not_found(self):
        group = self.group_at_central()
        assert self.here("GET", f"/security-groups/{group['id']}", caller=Caller("stranger")).status == 404


class TestListsOfSecurityGroups(LocalCase):
    """Nova looks for a group by its name in the list of its project's, with its user's token."""

    def setUp(self):
        super().setUp()
        self.web = self.group()

    def group(self, name="web", *, caller=None):
        body = {"security_group": {"name": name}}
        return self.at_central("POST", "/security-groups", body, caller=caller, status=201)["security_group"]

    def listed(self, query, **who):
        """Names and ids as the region lists them, and how often it asked central for that."""
        with self.central.seen() as requests:
            groups = self.here("GET", f"/security-groups?{query}", **who).of(200)["security_groups"]
        return {(group["name"], group["id"]) for group in groups}, len(requests)

    def there(self):
        groups = self.at_central("GET", "/security-groups")["security_groups"]
        return {(group["name"], group["id"]) for group in groups}

    def test_a_project_s_list_is_central_s_for_one_request(self):
        for query in (
            f"project_id={self.owner.project_id}",
            f"tenant_id={self.owner.project_id}&fields=id&fields=name",
        ):
            assert self.listed(query) == (self.there(), 1)
        db = self.group("db")
        assert self.listed(query) == (self.there(), 1)
        self.get("security-groups", db["id"])
        assert {rule["id"] for rule in self.get("security-groups", db["id"])["security_group_rules"]} == {
            rule["id"] for rule in db["security_group_rules"]
        }

    def test_by_name_a_tenant_finds_its_own_and_those_shared_with_it(self):
        shared = self.group("shop", caller=Caller("lender"))
        policy = {
            "object_type": "security_group",
            "object_id": shared["id"],
            "action": "access_as_shared",
            "target_tenant": self.owner.project_id,
        }
        self.at_central("POST", "/rbac-policies", {"rbac_policy": policy}, caller=Caller("lender"), status=201)
        assert self.listed("name=web") == ({("web", self.web["id"])}, 1)
        assert self.listed("name=shop") == ({("shop", shared["id"])}, 1)
        twin = self.group("web")
        assert self.listed("name=web") == ({("web", self.web["id"]), ("web", twin["id"])}, 1)
        assert self.listed("name=web", caller=Caller("stranger"))[0] == set()

    def test_lists_that_cannot_lack_anything_ask_nobody(self):
        mine = f"project_id={self.owner.project_id}"
        (default,) = self.listed(f"{mine}&name=default")[0]
        self.listed("", caller=ADMIN)  # brings its default group
        for query, who in (
            ("", {}),
            (f"{mine}&name=default", {}),
            (mine, {"with_token": False}),
            (mine, {"caller": Caller("stranger")}),
            ("name=web", {"caller": ADMIN}),
            (f"id={default[1]}&name=web", {}),
        ):
            assert self.listed(query, **who)[1] == 0, query
        assert self.web["id"] not in self.ids_here(sg_models.SecurityGroup)

    def test_a_list_makes_no_default_group_for_a_project_that_it_names(self):
        """The name may be any string. Only the caller's own project gets one, as in any Neutron."""
        for caller in (ADMIN, SERVICE, self.owner):
            for collection in ("security-groups", "security-group-rules"):
                for name in ("project_id", "tenant_id"):
                    random = uuidutils.generate_uuid()
                    assert self.here("GET", f"/{collection}?{name}={random}", caller=caller).status == 200
                    assert (self.groups_here(random), self.groups_there(random)) == (0, 0), (caller.roles, collection)
        young = Caller(uuidutils.generate_uuid(dashed=False))
        (default,) = self.here("GET", f"/security-groups?project_id={young.project_id}", caller=young).of(200)[
            "security_groups"
        ]
        assert default["name"] == "default"
        assert (self.groups_here(young.project_id), self.groups_there(young.project_id)) == (1, 1)

    def groups_here(self, project_id):
        return len(self.plugin.get_security_groups(self.admin, {"project_id": [project_id]}, default_sg=True))

    def groups_there(self, project_id):
        engine = sa.create_engine(self.central.database_url)
        with engine.begin() as connection:
            table = sg_models.SecurityGroup.__table__
            query = sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project_id)
            count = connection.scalar(query)
        engine.dispose()
        return count

    def test_an_administrator_s_list_of_a_project(self):
        assert self.listed(f"project_id={self.owner.project_id}", caller=ADMIN) == (self.there(), 1)

    def test_while_central_is_away_what_is_here_is_listed(self):
        self.get("security-groups", self.web["id"])
        with self.central.away():
            assert self.listed("name=web")[0] == {("web", self.web["id"])}
