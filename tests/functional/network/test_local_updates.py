"""What changes at central changes in the regions that have it."""

import uuid
from unittest import mock

from neutron.db import models_v2
from neutron_lib import exceptions as n_exc
from oslo_config import cfg

from tests.functional.network.identity import ADMIN, SERVICE, TRICIRCLE, Caller
from tests.functional.network.lifecycle import LifecycleCase, after
from tricircle.jobs.handlers import base


class TestNetworks(LifecycleCase):
    def test_what_central_changes_is_changed_here_with_one_request(self):
        network, _ = self.networked()
        changes = {
            "name": "new",
            "description": "d",
            "admin_state_up": False,
            "port_security_enabled": False,
            "mtu": 1300,
        }
        copy = self.change_at_central("networks", network["id"], **changes)
        assert {field: copy[field] for field in changes} == changes
        assert self.worker.region.requests == ["POST /regional-copies"]

    def test_an_mtu_is_lowered_to_what_the_region_can_do(self):
        cfg.CONF.set_override("global_physnet_mtu", 1400)  # 50 octets of it are the tunnel's
        network, _ = self.networked()
        assert self.get("networks", network["id"])["mtu"] == 1350
        for at_central, here in ((1200, 1200), (1450, 1350), (1340, 1340)):
            assert self.change_at_central("networks", network["id"], mtu=at_central)["mtu"] == here

    def test_an_older_word_of_central_s_does_not_undo_a_newer_one(self):
        network, subnet = self.networked()
        older = self.view_of("RegionOne", network_ids=[network["id"]])
        self.change_at_central("networks", network["id"], name="new")
        self.change_at_central("subnets", subnet["id"], name="new")
        body = {"regional_copy": {name: older[name] for name in ("networks", "subnets")}}
        answer = self.here("POST", "/regional-copies", body, caller=TRICIRCLE).of(201)["regional_copy"]
        assert answer["pending"] == []
        assert self.get("networks", network["id"])["name"] == self.get("subnets", subnet["id"])["name"] == "new"

    def test_a_change_while_the_first_answer_is_on_its_way_is_not_lost(self):
        network = self.network()
        subnet = self.subnet(network)
        done = []

        def change():
            for collection, id_ in (("networks", network["id"]), ("subnets", subnet["id"])):
                body = {collection.removesuffix("s"): {"name": "new"}}
                self.at_central("PUT", f"/{collection}/{id_}", body, caller=ADMIN)
            done.extend(self.worker.run())

        with after(self.plugin._central, "view", change):
            self.get("networks", network["id"])
        errors = {job_type: error for job_type, error in done if "about to have it" in error}
        assert set(errors) == {"update_network", "subnet_update"}
        self.work()
        assert self.get("networks", network["id"])["name"] == self.get("subnets", subnet["id"])["name"] == "new"

    def test_a_change_of_what_a_region_has_lost_long_ago_is_nothing_to_do_there(self):
        network = self.network()
        self.view_of("RegionOne", network_ids=[network["id"]])
        with mock.patch.object(base, "ARRIVAL_SECONDS", 0):
            self.at_central("PUT", f"/networks/{network['id']}", {"network": {"name": "new"}}, caller=ADMIN)
            self.work()
        listed = self.here("GET", "/networks", caller=ADMIN).of(200)["networks"]
        assert network["id"] not in {found["id"] for found in listed}

    def test_nobody_but_tricircle_changes_copies_so(self):
        for caller in (self.owner, ADMIN):
            assert self.here("POST", "/regional-copies", {"regional_copy": {}}, caller=caller).status == 404


class TestAccess(LifecycleCase):
    def entry(self, network, target):
        body = {
            "object_type": "network",
            "object_id": network["id"],
            "action": "access_as_shared",
            "target_tenant": target,
        }
        return self.at_central("POST", "/rbac-policies", {"rbac_policy": body}, status=201)["rbac_policy"]

    def entries_here(self, network):
        found = self.here("GET", f"/rbac-policies?object_id={network['id']}", caller=ADMIN).of(200)["rbac_policies"]
        return {entry["id"]: entry["target_tenant"] for entry in found}

    def sees(self, caller, network):
        listed = self.here("GET", "/networks", caller=caller, with_token=False).of(200)["networks"]
        return network["id"] in {one["id"] for one in listed}

    def test_a_copy_is_usable_by_those_who_may_use_the_network_at_central(self):
        guest, other = Caller(uuid.uuid4().hex), Caller(uuid.uuid4().hex)
        network = self.network()
        self.subnet(network)
        entry = self.entry(network, guest.project_id)
        self.get("networks", network["id"])
        assert self.entries_here(network) == {entry["id"]: guest.project_id}
        assert (self.sees(guest, network), self.sees(other, network)) == (True, False)
        port = self.boot(network["id"], caller=guest)
        assert port["project_id"] == guest.project_id
        assert self.here("POST", "/ports", {"port": {"network_id": network["id"]}}, caller=other).status == 404
        second = self.entry(network, other.project_id)
        self.work()
        assert self.entries_here(network) == {entry["id"]: guest.project_id, second["id"]: other.project_id}
        assert self.sees(other, network)
        self.at_central("DELETE", f"/rbac-policies/{second['id']}", status=204)
        self.work()
        assert not self.sees(other, network)
        assert self.sees(guest, network)

    def test_a_network_becomes_everybody_s_and_its_owner_s_again(self):
        network, _ = self.networked()
        assert self.change_at_central("networks", network["id"], shared=True)["shared"] is True
        there = self.at_central("GET", f"/rbac-policies?object_id={network['id']}", caller=ADMIN)["rbac_policies"]
        assert self.entries_here(network) == {there[0]["id"]: "*"}
        assert self.sees(Caller("guest"), network)
        assert self.change_at_central("networks", network["id"], shared=False)["shared"] is False
        assert not self.sees(Caller("guest"), network)

    def test_a_network_becomes_external_and_internal_again(self):
        network, _ = self.networked()
        external = "router:external"
        for value in (True, False):
            assert self.change_at_central("networks", network["id"], **{external: value})[external] is value
            there = self.at_central("GET", f"/rbac-policies?object_id={network['id']}", caller=ADMIN)["rbac_policies"]
            assert self.entries_here(network) == {entry["id"]: "*" for entry in there}
            assert self.sees(Caller("guest"), network) is value


class TestSubnets(LifecycleCase):
    def gateways(self, network, subnet):
        """Of this region, and of RegionTwo."""
        here = self.get("subnets", subnet["id"])
        (there,) = self.view_of("RegionTwo", network_ids=[network["id"]])["subnets"]
        for copy in (here, there):
            for pool in copy["allocation_pools"]:
                assert not pool["start"] <= (copy["gateway_ip"] or "") <= pool["end"]
        return here["gateway_ip"], there["gateway_ip"]

    def reserved(self, network):
        return [port["name"] for port in self.ports_at_central(network) if port["name"].startswith("interface_")]

    def test_each_region_s_gateway_follows_the_subnet_s(self):
        network, subnet = self.networked()
        first, other = self.gateways(network, subnet)
        assert first == "10.0.0.1" != other
        self.change_at_central(
            "subnets",
            subnet["id"],
            gateway_ip="10.0.0.254",
            allocation_pools=[{"start": "10.0.0.2", "end": "10.0.0.200"}],
        )
        assert self.gateways(network, subnet) == ("10.0.0.254", other)
        assert self.change_at_central("subnets", subnet["id"], gateway_ip=None)["gateway_ip"] is None
        assert self.gateways(network, subnet) == (None, None)
        assert self.reserved(network) == []
        self.change_at_central("subnets", subnet["id"], gateway_ip="10.0.0.254")
        first, other = self.gateways(network, subnet)
        assert first == "10.0.0.254" != other
        assert self.reserved(network) == [f"interface_RegionTwo_{subnet['id']}"]

    def test_routes_name_servers_and_pools_follow(self):
        _, subnet = self.networked()
        changes = {
            "name": "new",
            "description": "d",
            "dns_nameservers": ["10.0.0.54", "10.0.0.53"],
            "host_routes": [{"destination": "10.8.0.0/16", "nexthop": "10.0.0.9"}],
            "allocation_pools": [
                {"start": "10.0.0.10", "end": "10.0.0.20"},
                {"start": "10.0.0.30", "end": "10.0.0.40"},
            ],
        }
        copy = self.change_at_central("subnets", subnet["id"], **changes)
        copy["allocation_pools"].sort(key=lambda pool: pool["start"])
        shown = {field: copy[field] for field in changes}
        assert shown == changes, shown
        copy = self.change_at_central("subnets", subnet["id"], dns_nameservers=[], host_routes=[])
        assert (copy["dns_nameservers"], copy["host_routes"]) == ([], [])

    def test_dhcp_goes_and_comes_again(self):
        network, subnet = self.networked()

        def dhcp():
            sides = (
                self.ports_at_central(network),
                self.here("GET", f"/ports?network_id={network['id']}", caller=ADMIN).of(200)["ports"],
            )
            return [sorted(p["id"] for p in side if p["device_owner"] == "network:dhcp") for side in sides]

        assert self.change_at_central("subnets", subnet["id"], enable_dhcp=False)["enable_dhcp"] is False
        self.settle()
        assert dhcp() == [[], []]
        assert self.change_at_central("subnets", subnet["id"], enable_dhcp=True)["enable_dhcp"] is True
        there, here = dhcp()
        assert there == here
        assert len(here) == 1

    def test_a_subnet_comes_to_a_network_that_is_here_and_goes_again(self):
        network, first = self.networked()
        second = self.subnet(network, cidr="fd00:9::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        third = self.subnet(network, cidr="10.9.0.0/24")
        self.work()
        assert self.ids_here(models_v2.Subnet) == {first["id"], second["id"], third["id"]}
        assert self.routings(third["id"]) == {"RegionOne"}
        self.delete_at_central("subnets", third["id"])
        self.worker.run()
        self.work()
        assert self.ids_here(models_v2.Subnet) == {first["id"], second["id"]}
        assert self.gone("subnets", third["id"])
        assert self.routings(third["id"]) == set()


class TestPorts(LifecycleCase):
    def setUp(self):
        super().setUp()
        self.agent()
        self.net, self.sub = self.networked()
        self.vm = self.boot(self.net["id"])
        self.settle()
        self.worker.forget()

    def there(self):
        return self.at_central("GET", f"/ports/{self.vm['id']}", caller=ADMIN)["port"]

    def test_what_central_changes_is_changed_here(self):
        group = {"security_group": {"name": "web"}}
        group = self.at_central("POST", "/security-groups", group, status=201)["security_group"]
        changes = {
            "name": "new",
            "description": "d",
            "admin_state_up": False,
            "security_groups": [group["id"]],
            "allowed_address_pairs": [{"ip_address": "10.0.0.99", "mac_address": self.vm["mac_address"]}],
            "fixed_ips": [{"subnet_id": self.sub["id"], "ip_address": "10.0.0.177"}],
            "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1300", "ip_version": 4}],
            "device_id": "load-balancer",
            "device_owner": "Octavia",
        }
        copy = self.change_at_central("ports", self.vm["id"], **changes)
        assert {field: copy[field] for field in changes} == changes
        assert self.worker.region.requests == ["POST /regional-copies"]
        changes = {"security_groups": [], "port_security_enabled": False, "allowed_address_pairs": []}
        copy = self.change_at_central(
            "ports", self.vm["id"], **changes, extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": None}]
        )
        assert {field: copy[field] for field in changes} == changes
        assert copy["extra_dhcp_opts"] == []

    def test_whose_a_bound_port_is_its_region_decides(self):
        self.bind(self.vm["id"])
        copy = self.change_at_central("ports", self.vm["id"], name="new")  # before central knows of the instance
        assert (copy["name"], copy["device_id"], copy["device_owner"]) == ("new", "instance", "compute:nova")
        self.settle()
        assert self.there()["device_id"] == "instance"

    def test_a_change_that_central_took_and_this_region_could_not_do_comes_as_a_job(self):
        real = self.plugin.mechanism_manager.update_port_precommit

        def fail(*args, **kwargs):
            self.plugin.mechanism_manager.update_port_precommit = real
            raise n_exc.InvalidInput(error_message="x")

        self.plugin.mechanism_manager.update_port_precommit = fail
        assert self.here("PUT", f"/ports/{self.vm['id']}", {"port": {"name": "new"}}).status == 400
        assert (self.there()["name"], self.get("ports", self.vm["id"])["name"]) == ("new", "")
        self.work()
        assert self.get("ports", self.vm["id"])["name"] == "new"

    def test_of_changes_at_both_sides_at_once_central_s_last_stands(self):
        def change():
            self.at_central("PUT", f"/ports/{self.vm['id']}", {"port": {"name": "second"}})
            self.work()

        with after(self.plugin._central, "update_port", change):
            body = {"port": {"name": "first", "device_id": "mine"}}
            changed = self.here("PUT", f"/ports/{self.vm['id']}", body).of(200)["port"]
        assert (changed["name"], changed["device_id"]) == ("second", "mine")
        self.work()
        self.settle()
        copy, there = self.get("ports", self.vm["id"]), self.there()
        assert (copy["name"], copy["device_id"]) == (there["name"], there["device_id"]) == ("second", "mine")

    def test_what_central_changed_before_comes_with_the_answer_to_a_change_here(self):
        """It may be what this region's user could not have written: another project's group."""
        body = {"security_group": {"name": "g", "project_id": "another"}}
        group = self.at_central("POST", "/security-groups", body, caller=ADMIN, status=201)["security_group"]["id"]
        options = [{"opt_name": name, "opt_value": "1", "ip_version": 4} for name in ("mtu", "server-id")]
        self.change_at_central("ports", self.vm["id"], extra_dhcp_opts=options)
        changes = {"security_groups": [group], "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": None}]}
        self.at_central("PUT", f"/ports/{self.vm['id']}", {"port": changes}, caller=ADMIN)
        changed = self.here("PUT", f"/ports/{self.vm['id']}", {"port": {"name": "mine"}}).of(200)["port"]
        assert (changed["name"], changed["security_groups"]) == ("mine", [group])
        assert changed["extra_dhcp_opts"] == options[1:]
        self.work()  # the job of the first change finds nothing to do
        assert self.get("ports", self.vm["id"])["security_groups"] == [group]

    def test_an_option_is_taken_away_here(self):
        options = [{"opt_name": name, "opt_value": "1", "ip_version": 4} for name in ("mtu", "server-id")]
        path = f"/ports/{self.vm['id']}"
        self.here("PUT", path, {"port": {"extra_dhcp_opts": options}}).of(200)
        body = {"port": {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": None}]}}
        assert self.here("PUT", path, body).of(200)["port"]["extra_dhcp_opts"] == options[1:]
        assert self.there()["extra_dhcp_opts"] == options[1:]

    def test_a_change_of_another_revision_is_refused_before_central_makes_it(self):
        revision = self.get("ports", self.vm["id"])["revision_number"]
        path, body = f"/ports/{self.vm['id']}", {"port": {"name": "new"}}
        for wanted, status, name in ((revision + 1, 412, ""), (revision, 200, "new")):
            answer = self.here("PUT", path, body, headers={"If-Match": f"revision_number={wanted}"})
            assert (answer.status, self.there()["name"]) == (status, name)

    def report(self, region, **changes):
        state = {"id": self.vm["id"], "revision": 1, "status": "ACTIVE", "host": "host-9", "vif_type": "ovs"}
        state |= {"device_id": "elsewhere", "device_owner": "compute:nova", **changes}
        body = {"regional_report": {"region_name": region, "ports": [state]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)

    def test_a_port_that_moved_to_another_region_leaves_this_one_and_may_come_back(self):
        self.bind(self.vm["id"])
        self.settle()
        body = {"port": {"binding:host_id": "", "device_id": "", "device_owner": ""}}
        self.here("PUT", f"/ports/{self.vm['id']}", body, caller=SERVICE).of(200)
        self.settle()
        self.report("RegionTwo")
        self.work()
        # What is left of it has no address and no group, and nobody is shown it.
        (parked,) = self.plugin.get_ports(self.admin, filters={"id": [self.vm["id"]]})
        assert (parked["fixed_ips"], parked["security_groups"], parked["device_id"]) == ([], [], "")
        for caller in (self.owner, ADMIN):
            assert self.here("GET", "/ports?device_owner=", caller=caller).of(200)["ports"] == []
        assert self.there()["tricircle:region_name"] == "RegionTwo"
        self.settle()
        assert self.there()["binding:host_id"] == "host-9"
        # It comes back. Agents, to which what is deleted is so for ever, have seen it all the time.
        self.report("RegionTwo", revision=2, host="", status="DOWN", device_id="", device_owner="")
        assert self.get("ports", self.vm["id"])["fixed_ips"] == self.vm["fixed_ips"]
        assert self.get("ports", self.vm["id"])["security_groups"] == self.vm["security_groups"]
        self.bind(self.vm["id"])
        self.settle()
        self.work()
        assert (self.there()["tricircle:region_name"], self.there()["device_id"]) == ("RegionOne", "instance")
        assert self.get("ports", self.vm["id"], caller=ADMIN)["binding:host_id"] == "host-1"

    def test_a_port_deleted_while_its_copy_rests_goes_here_too(self):
        self.bind(self.vm["id"])
        self.settle()
        self.report("RegionTwo")
        self.work()
        assert self.routings(self.vm["id"]) == {"RegionOne", "RegionTwo"}
        self.delete_at_central("ports", self.vm["id"])
        self.work()
        assert self.vm["id"] not in self.ids_here(models_v2.Port)
        assert self.gone("ports", self.vm["id"])
        assert "RegionOne" not in self.routings(self.vm["id"])

    def test_a_copy_deleted_here_of_a_port_that_lives_elsewhere_may_come_back(self):
        self.report("RegionTwo")
        self.worker.forget()
        self.here("DELETE", f"/ports/{self.vm['id']}").of(204)
        assert self.there()["tricircle:region_name"] == "RegionTwo"
        assert self.gone("ports", self.vm["id"]), "it lives elsewhere"
        self.report("RegionTwo", revision=2, host="", status="DOWN", device_id="", device_owner="")
        assert self.get("ports", self.vm["id"])["fixed_ips"] == self.vm["fixed_ips"]

    def test_addresses_changed_at_central_are_told_to_other_regions(self):
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        self.settle()
        self.view_of("RegionTwo", network_ids=[self.net["id"]])
        self.worker.forget()
        fixed_ips = [{"subnet_id": self.sub["id"], "ip_address": "10.0.0.188"}]
        body = {"port": {"fixed_ips": fixed_ips}}
        self.at_central("PUT", f"/ports/{self.vm['id']}", body, caller=ADMIN)
        assert "shadow_port_setup" in self.worker.waiting("RegionTwo")
