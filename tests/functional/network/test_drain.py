"""A region is drained: what nobody there uses goes, what is alive stays, and all of it may come again."""

from unittest import mock

import pytest
from neutron.db import models_v2
from neutron.db.models import address_group as ag_models
from neutron.db.models import securitygroup as sg_models

from tests.functional.network.drain import DrainCase
from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import after
from tricircle.db import routings as routings_db
from tricircle.domain.jobs import JobType
from tricircle.domain.payloads import WholePod
from tricircle.domain.routings import LEAVING_NETWORK
from tricircle.jobs.handlers.pods import PodHandler


class TestNetworks(DrainCase):
    def setUp(self):
        super().setUp()
        self.agent()

    def test_what_nobody_uses_goes_and_may_come_again(self):
        network, subnet = self.networked()
        port = self.port(network)
        self.get("ports", port["id"], caller=ADMIN)
        before = self.get("subnets", subnet["id"], caller=ADMIN)
        assert self.left()["port"] == 2
        self.drain()
        assert self.run_drain() == ""
        assert (self.left(), self.copies(), self.counts()) == ({}, [], (0, 0, 0))
        for model in (models_v2.Network, models_v2.Subnet, models_v2.Port, sg_models.SecurityGroup):
            assert self.ids_here(model) == set(), model
        assert self.here("GET", f"/networks/{network['id']}", caller=ADMIN).status == 404, "nothing new goes there"
        assert {p["id"] for p in self.ports_at_central(network)} == {port["id"]}
        self.drain(False)
        self.look(network)
        assert self.get("subnets", subnet["id"], caller=ADMIN)["gateway_ip"] == before["gateway_ip"]
        assert self.get("ports", port["id"], caller=ADMIN)["id"] == port["id"]
        owners = {p["device_owner"] for p in self.plugin.get_ports(self.admin)}
        assert owners == {"", "network:dhcp"}

    def test_what_is_in_use_stays_named_until_it_is_not(self):
        (used, _), (idle, _) = self.networked(), self.networked()
        port = self.bind(self.boot(used["id"])["id"])
        self.up(port["id"])
        unbound = self.boot(used["id"])
        self.settle()
        self.drain()
        error = self.run_drain()
        assert f"network {used['id']} (2 ports)" in error
        assert idle["id"] not in error
        assert self.ids_here() == {used["id"]}
        assert self.routings(used["id"]) == {"RegionOne"}
        assert self.get("ports", port["id"], caller=ADMIN)["status"] == "ACTIVE"
        assert self.change_at_central("networks", used["id"], description="new")["description"] == "new"
        for id_ in (port["id"], unbound["id"]):
            self.here("DELETE", f"/ports/{id_}", caller=ADMIN).of(204)
        assert self.run_drain() == ""
        assert self.ids_here() == set()

    def test_a_region_s_own_network_is_not_touched(self):
        own = self.plugin._copies._real.create_network(
            self.admin, {"name": "own", "admin_state_up": True, "shared": False, "project_id": "p", "tenant_id": "p"}
        )
        answer = self.give_up(own["id"])
        assert (answer["pending"], answer["kept_ids"]) == ([], [])
        assert self.ids_here() == {own["id"]}

    def give_up(self, network_id, *port_ids):
        body = {"regional_copy": {"released_network_ids": [network_id], "released_port_ids": list(port_ids)}}
        return self.here("POST", "/regional-copies", body, caller=SERVICE).of(201)["regional_copy"]

    def test_a_port_of_which_central_has_not_said_so_is_in_use(self):
        network, _ = self.networked()
        port = self.port(network)
        self.get("ports", port["id"], caller=ADMIN)
        assert self.give_up(network["id"])["kept_ids"] == [network["id"]]
        assert self.give_up(network["id"], port["id"])["kept_ids"] == []
        assert (self.ids_here(), self.ids_here(models_v2.Port)) == (set(), set())

    def test_a_port_bound_at_the_last_moment_stays_with_all_that_it_needs(self):
        network, _ = self.networked()
        port = self.port(network)
        self.get("ports", port["id"], caller=ADMIN)
        before = self.ids_here(models_v2.Port)
        with after(self.plugin._releases, "_look", lambda: self.bind_quietly(port["id"])):
            assert self.give_up(network["id"], port["id"])["kept_ids"] == [network["id"]]
        assert self.ids_here(models_v2.Port) == before
        assert self.plugin.get_port(self.admin, port["id"])["binding:host_id"] == "host-1"

    def test_a_port_at_rest_goes_with_its_network(self):
        network, _ = self.networked()
        port = self.bind(self.boot(network["id"])["id"])
        self.settle()
        self.report_from_elsewhere(port)
        self.work()
        assert self.here("GET", f"/ports/{port['id']}", caller=ADMIN).status == 404
        assert port["id"] in self.ids_here(models_v2.Port)
        self.drain()
        assert self.run_drain() == ""
        assert self.ids_here(models_v2.Port) == set()
        (there,) = [p for p in self.ports_at_central(network) if p["id"] == port["id"]]
        assert there["tricircle:region_name"] == "RegionTwo"

    def report_from_elsewhere(self, port):
        state = {
            "id": port["id"],
            "revision": 5,
            "status": "ACTIVE",
            "host": "host-2",
            "vif_type": "ovs",
            "device_id": "instance",
            "device_owner": "compute:nova",
        }
        body = {"regional_report": {"region_name": "RegionTwo", "ports": [state]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)


class TestRaces(DrainCase):
    def setUp(self):
        super().setUp()
        self.agent()

    def when_asked_to_release(self, act):
        """Let ``act`` happen once, after central's look and before the region's removal."""
        region, happened = self.worker.region, []
        real = region.request

        def request(method, path, **content):
            if (content.get("json") or {}).get("regional_copy", {}).get("released_network_ids") and not happened:
                happened.append(True)
                act()
            return real(method, path, **content)

        return mock.patch.object(region, "request", request)

    def test_an_instance_that_boots_meanwhile_keeps_its_network_and_central_counts_it_again(self):
        network, _ = self.networked()
        booted = []

        def boot():
            assert self.routings_by_type(network["id"]) == {LEAVING_NETWORK}
            with self.paused():
                self.look(network)
                booted.append(self.bind(self.boot(network["id"])["id"]))

        self.drain()
        with self.when_asked_to_release(boot), mock.patch.object(self.plugin._copies, "missing", lambda *_: []):
            error = self.run_drain()
        assert network["id"] in error
        assert booted[0]["id"] in self.ids_here(models_v2.Port)
        assert self.routings_by_type(network["id"]) == {"network"}
        owners = {p["device_owner"] for p in self.plugin.get_ports(self.admin)}
        assert owners == {"compute:nova", "network:dhcp"}
        assert self.change_at_central("networks", network["id"], description="new")["description"] == "new"

    def test_a_dhcp_server_lost_in_the_midst_comes_again(self):
        network, _ = self.networked()
        real = self.plugin.delete_port

        def delete(context, id_, *args, **kwargs):
            real(context, id_, *args, **kwargs)
            with self.paused(), mock.patch.object(self.plugin._copies, "missing", lambda *_: []):
                self.bind(self.boot(network["id"])["id"])

        self.drain()
        with mock.patch.object(self.plugin, "delete_port", delete):
            assert network["id"] in self.run_drain()
        assert {p["device_owner"] for p in self.plugin.get_ports(self.admin)} == {"compute:nova", "network:dhcp"}

    def test_what_is_no_more_drained_stays(self):
        network, _ = self.networked()
        self.drain()
        self.worker.region.away = True
        assert "does not answer" in self.run_drain()
        assert self.routings_by_type(network["id"]) == {LEAVING_NETWORK}
        self.worker.region.away = False
        self.drain(False)
        assert self.run_drain() == ""
        assert self.routings_by_type(network["id"]) == {"network"}
        assert self.ids_here() == {network["id"]}

    def test_after_a_crash_between_the_region_and_central_the_job_goes_on(self):
        self.networked()
        self.drain()
        real = self.worker.region.request

        def die(method, path, **content):
            real(method, path, **content)
            raise SystemExit

        drain = PodHandler(self.worker, self.central.tricircle).drain
        with mock.patch.object(self.worker.region, "request", die), pytest.raises(SystemExit):
            drain(WholePod(self.pod_id))
        assert self.ids_here() == set()
        assert self.counts()[1] == 2
        assert self.run_drain() == ""
        assert (self.left(), self.counts()) == ({}, (0, 0, 0))

    def test_what_came_by_an_answer_under_way_is_drained_after_the_next_audit(self):
        network, _ = self.networked()
        self.drain()
        with mock.patch.object(self.plugin._releases, "_is_there", lambda *_: False):
            assert self.run_drain() == ""
        assert (self.left(), self.ids_here()) == ({}, {network["id"]})
        copies = [{"id": network["id"], "resource_type": "network", "revision": 99}]
        body = {"regional_audit": {"region_name": "RegionOne", "copies": copies}}
        self.at_central("POST", "/regional-audits", body, caller=SERVICE, status=201)
        assert (JobType.POD_DRAIN, "") in self.worker.run()
        assert (self.left(), self.ids_here()) == ({}, set())

    def routings_by_type(self, id_):
        with self.central.tricircle.reader() as session:
            return {routing.resource_type for routing in routings_db.find(session, top_ids=[id_])}


class TestGroups(DrainCase):
    def group(self, name, **rule):
        body = {"security_group": {"name": name}}
        group = self.at_central("POST", "/security-groups", body, status=201)["security_group"]
        if rule:
            rule = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", **rule}
            self.at_central("POST", "/security-group-rules", {"security_group_rule": rule}, status=201)
        return group["id"]

    def test_those_go_that_no_port_needs(self):
        self.agent()
        network, _ = self.networked()
        named = self.group("named")
        used, idle = self.group("used", remote_group_id=named), self.group("idle", remote_group_id=named)
        for id_ in (named, used, idle):
            self.get("security-groups", id_)
        port = self.bind(self.boot(network["id"], security_groups=[used])["id"])
        self.settle()
        self.drain()
        error = self.run_drain()
        assert network["id"] in error
        here = self.ids_here(sg_models.SecurityGroup)
        assert {used, named} <= here
        assert idle not in here
        rules = self.get("security-groups", used, caller=ADMIN)["security_group_rules"]
        assert named in {rule["remote_group_id"] for rule in rules}
        self.here("DELETE", f"/ports/{port['id']}", caller=ADMIN).of(204)
        assert self.run_drain() == ""
        assert self.ids_here(sg_models.SecurityGroup) == self.ids_here(ag_models.AddressGroup) == set()

    def test_one_that_the_region_needs_is_known_at_central_again(self):
        group = self.group("web")
        self.get("security-groups", group)
        self.drain()
        with mock.patch("tricircle.db.neutron.group_uses.groups", lambda admin: {group}):
            assert "1 security_group" in self.run_drain()
        assert self.routings(group) == {"RegionOne"}
        assert self.run_drain() == ""
        assert group not in self.ids_here(sg_models.SecurityGroup)

    def test_tenants_address_groups_go_too(self):
        body = {"address_group": {"name": "office", "addresses": ["192.0.2.0/24"]}}
        address_group = self.at_central("POST", "/address-groups", body, status=201)["address_group"]
        self.get("security-groups", self.group("web", remote_address_group_id=address_group["id"]))
        assert self.ids_here(ag_models.AddressGroup) >= {address_group["id"]}
        self.drain()
        assert self.run_drain() == ""
        assert self.ids_here(ag_models.AddressGroup) == set()


class TestRouters(DrainCase):
    def router_over(self, *subnets):
        router = self.at_central("POST", "/routers", {"router": {"name": "r"}}, status=201)["router"]
        for subnet in subnets:
            path = f"/routers/{router['id']}/add_router_interface"
            self.at_central("PUT", path, {"subnet_id": subnet["id"]})
        return router["id"]

    def test_parts_go_before_their_networks(self):
        self.agent()
        (idle, first), (used, second) = self.networked(), self.with_subnet("10.0.2.0/24")
        third = self.with_subnet("10.0.3.0/24", availability_zone_hints=["RegionTwo"])
        self.look(used)
        self.view_of("RegionTwo", network_ids=[third[0]["id"]])
        router_id = self.router_over(first, second, third[1])
        self.worker.run()
        port = self.bind(self.boot(used["id"])["id"])
        self.settle()
        (part,) = self.l3_routers()
        assert {ip["subnet_id"] for ip in self.joined(part)} >= {first["id"], second["id"]}
        self.drain()
        error = self.run_drain()
        assert used["id"] in error
        assert idle["id"] not in error
        assert idle["id"] not in self.ids_here()
        subnets = {ip["subnet_id"] for ip in self.joined(part)}
        assert second["id"] in subnets
        assert first["id"] not in subnets
        assert self.routings(router_id) == {"RegionOne"}
        self.here("DELETE", f"/ports/{port['id']}", caller=ADMIN).of(204)
        self.settle()
        assert self.run_drain() == ""
        assert (self.l3_routers(), self.left(), self.counts()) == ([], {}, (0, 0, 0))
        assert self.ids_here() == self.ids_here(models_v2.Port) == set()

    def with_subnet(self, cidr, **attributes):
        network = self.network(**attributes)
        return network, self.subnet(network, cidr)

    def l3_routers(self):
        return [router["id"] for router in self.here("GET", "/routers", caller=ADMIN).of(200)["routers"]]

    def joined(self, router_id):
        ports = self.plugin.get_ports(self.admin, filters={"device_id": [router_id]})
        return [ip for port in ports for ip in port["fixed_ips"]]
