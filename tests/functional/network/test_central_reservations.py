"""What central reserves for regions is there with its row or not at all, and stands in nobody's way."""

import contextlib
from unittest import mock

import pytest
from neutron.db import models_v2
from neutron_lib import context as n_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import utils as plugin_utils
from oslo_db import exception as db_exc

from tests.functional.network.central import CentralCase
from tests.functional.network.central_routers import RouterCase
from tests.functional.network.commits import failing_commits
from tricircle.db.neutron import addresses
from tricircle.db.neutron.device_owners import DEVICE_OWNER_GATEWAY
from tricircle.db.neutron.models import RegionalAddress
from tricircle.network.central import reservations

BOTH = ("RegionOne", "RegionTwo")


class ReservationCase(CentralCase):
    def stretched(self, cidr="10.0.0.0/24", **kwargs):
        """A network that both regions have."""
        network = self.network_of()
        subnet = self.subnet_of(network, cidr, **kwargs)
        for region in BOTH:
            self.view(region, network_ids=[network["id"]])
        return network, subnet

    def tenant(self):
        return n_context.Context("user", self._project_id, roles=["member", "reader"])

    def ours(self, network):
        """Ports on a network that central has made."""
        filters = {"network_id": [network["id"]], "device_owner": [DEVICE_OWNER_GATEWAY, "network:dhcp"]}
        return self.plugin.get_ports(self.admin, filters=filters)

    def delete_as_tenant(self, network):
        request = self.new_delete_request("networks", network["id"], as_admin=False)
        return request.get_response(self.api).status_int


class TestConflicts(ReservationCase):
    def test_a_commit_that_is_broken_off_leaves_nothing_of_a_reservation(self):
        """Galera: a conflict shows at the commit. Each in turn fails once, until there is none left to fail."""
        number, failed = 1, True
        while failed:
            network = self.network_of()
            self.subnet_of(network, f"10.{number}.0.0/24", gateway=f"10.{number}.0.1")
            with failing_commits(number, db_exc.DBDeadlock()) as failures:
                for region in BOTH:
                    self.view_in_spite(region, network)
            failed = bool(failures)
            assert len(self.ours(network)) == 3, f"two DHCP servers and a gateway, after commit {number}"
            assert addresses.nobodys_ports(self.admin) == set()
            assert self.delete_as_tenant(network) == 204
            number += 1
        assert number > 5

    def view_in_spite(self, region, network):
        """The region asks again, as what repeats its request does."""
        for _ in range(2):
            try:
                return self.view(region, network_ids=[network["id"]])
            except db_exc.DBDeadlock:
                continue
        raise AssertionError("it fails more than once")

    def test_another_request_that_was_faster_leaves_one_reservation(self):
        network = self.network_of()
        subnet = self.subnet_of(network)
        self.view("RegionOne", network_ids=[network["id"]])
        create = self.plugin.components.reservations.create

        def slower(admin, body, write):
            faster = create(admin, body, write)
            assert create(admin, body, write) is None
            return faster

        with mock.patch.object(self.plugin.components.reservations, "create", side_effect=slower):
            view = self.view("RegionTwo", network_ids=[network["id"]])
        (gateway,) = [port for port in self.ours(network) if port["device_owner"] == DEVICE_OWNER_GATEWAY]
        assert view["subnets"][0]["gateway_ip"] == gateway["fixed_ips"][0]["ip_address"]
        assert gateway["fixed_ips"][0]["subnet_id"] == subnet["id"]
        assert len(self.ours(network)) == 3


class TestSweep(ReservationCase):
    def test_what_is_nobodys_for_a_minute_goes(self):
        network, _ = self.stretched()
        (port, *_) = [port for port in self.ours(network) if port["device_owner"] == DEVICE_OWNER_GATEWAY]
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(RegionalAddress).filter_by(port_id=port["id"]).delete()
        self.plugin.sweep()
        assert port["id"] in {one["id"] for one in self.ours(network)}, "somebody may just be making it"
        with mock.patch.object(reservations, "_YOUNG", 0):
            self.plugin.sweep()
        assert port["id"] not in {one["id"] for one in self.ours(network)}
        assert len(self.ours(network)) == 2, "what is a region's stays"


class _CrashError(BaseException):
    """The process ends: nothing is tidied up."""


class TestHalfMadeGateways(RouterCase):
    """Neutron makes a gateway's port, and in another transaction the router's entry for it."""

    def gateways(self):
        return self.plugin.get_ports(self.admin, filters={"device_owner": ["network:router_gateway"]})

    def test_a_crash_at_any_commit_leaves_no_port_behind(self):
        outside, number, crashed = self.external("RegionOne"), 1, True
        while crashed:
            router_id = self.router_of()
            desired = {"router": {"external_gateway_info": {"network_id": outside["network_id"]}}}
            with failing_commits(number, _CrashError()) as crashes, contextlib.suppress(_CrashError):
                self.l3.update_router(n_context.get_admin_context(), router_id, desired)
            crashed = bool(crashes)
            self.l3.update_router(self.admin, router_id, desired)
            with mock.patch.object(reservations, "_YOUNG", 0):
                self.plugin.sweep()
            (gateway,) = self.gateways()
            shown = self.l3.get_router(self.admin, router_id)["external_gateway_info"]["external_fixed_ips"]
            assert [(fixed["subnet_id"], fixed["ip_address"]) for fixed in shown] == [
                (fixed["subnet_id"], fixed["ip_address"]) for fixed in gateway["fixed_ips"]
            ], f"the router keeps its gateway, after commit {number}"
            self.l3.delete_router(self.admin, router_id)
            assert self.gateways() == []
            number += 1
        assert number > 3

    def test_what_may_just_be_made_stays(self):
        outside, router_id = self.external("RegionOne"), self.router_of()
        body = {"network_id": outside["network_id"], "device_id": router_id, "device_owner": "network:router_gateway"}
        port = plugin_utils.create_port(self.plugin, self.admin, {"port": {"project_id": "", "name": "", **body}})
        self.plugin.sweep()
        assert [one["id"] for one in self.gateways()] == [port["id"]]


class TestTenants(ReservationCase):
    def test_tenants_neither_see_nor_delete_nor_change_what_is_ours(self):
        network, _ = self.stretched()
        mine = self.port_of(network)
        tenant = self.tenant()
        assert [port["id"] for port in self.plugin.get_ports(tenant)] == [mine["id"]]
        assert self.plugin.get_ports_count(tenant) == 1
        assert [port["id"] for port in self.plugin.get_ports(tenant, limit=1, sorts=[("id", True)])] == [mine["id"]]
        for port in self.ours(network):
            with pytest.raises(exceptions.PortNotFound):
                self.plugin.get_port(tenant, port["id"])
            for method in ("GET", "PUT", "DELETE"):
                body = {"port": {"name": "x"}} if method == "PUT" else None
                request = self._req(method, "ports", body, id=port["id"], context=tenant)
                assert request.get_response(self.api).status_int == 404, method
        assert len(self.ours(network)) == 3

    def test_administrators_and_services_see_them(self):
        network, _ = self.stretched()
        service = n_context.Context("region", "service-project", roles=["service"])
        for context in (self.admin, service):
            assert len(self.plugin.get_ports(context, filters={"network_id": [network["id"]]})) == 3

    def test_a_tenant_s_subnet_with_automatic_addresses_touches_reservations_by_the_way(self):
        network, _ = self.stretched()
        vm = self.port_of(network)
        subnet = {
            "network_id": network["id"],
            "cidr": "2001:db8:60::/64",
            "ip_version": 6,
            "ipv6_address_mode": "slaac",
            "ipv6_ra_mode": "slaac",
            "project_id": self._project_id,
        }
        request = self.new_create_request("subnets", {"subnet": subnet}, as_admin=False)
        response = request.get_response(self.api)
        assert response.status_int == 201, response.body
        made = self.deserialize("json", response)["subnet"]
        assert made["id"] in {fixed["subnet_id"] for fixed in self.plugin.get_port(self.admin, vm["id"])["fixed_ips"]}


class TestOutlived(ReservationCase):
    def test_a_subnet_goes_with_its_reservations_though_ports_have_its_addresses(self):
        """Neutron takes automatic addresses off the ports, and would leave the reservations without any."""
        network = self.network_of()
        slaac = {"ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = self.subnet_of(network, "2001:db8:1::/64", gateway="2001:db8:1::1", **slaac)
        for region in BOTH:
            self.view(region, network_ids=[network["id"]])
        port = self.port_of(network)
        assert port["fixed_ips"]
        self._delete("subnets", subnet["id"], as_admin=False)
        assert addresses.nobodys_ports(self.admin) == set()
        self._delete("ports", port["id"], as_admin=False)
        assert self.delete_as_tenant(network) == 204

    def test_a_region_that_reserves_while_the_network_goes_does_not_keep_it(self):
        network, _ = self.stretched(cidr="10.0.0.0/29")
        delete, happened = self.plugin.delete_port, []

        def late(context, id, **kwargs):
            delete(context, id, **kwargs)
            if not happened:
                happened.append(True)
                self.view("RegionTwo", network_ids=[network["id"]])

        with mock.patch.object(self.plugin, "delete_port", side_effect=late):
            assert self.delete_as_tenant(network) == 204
        assert happened


class TestExhausted(ReservationCase):
    def full(self):
        """A stretched network whose pools are used up when RegionTwo comes."""
        network = self.network_of()
        subnet = self.subnet_of(network, "10.0.0.0/29")
        self.view("RegionOne", network_ids=[network["id"]])
        for _ in range(4):
            self.port_of(network)
        return network, subnet

    def test_a_region_comes_without_gateway_and_dhcp_server_of_its_own(self):
        network, subnet = self.full()
        other = self.network_of()
        self.subnet_of(other, "10.9.0.0/24", gateway="10.9.0.1")
        with self.assertLogs("tricircle.network.central.addresses", "WARNING") as logged:
            view = self.view("RegionTwo", network_ids=[network["id"], other["id"]])
        assert all(subnet["id"] in line for line in logged.output)
        subnets = {one["id"]: one for one in view["subnets"]}
        assert (subnets[subnet["id"]]["gateway_ip"], subnets[subnet["id"]]["enable_dhcp"]) == (None, False)
        assert {one["id"] for one in view["networks"]} == {network["id"], other["id"]}
        (rest,) = [one for one in view["subnets"] if one["network_id"] == other["id"]]
        assert (rest["gateway_ip"], rest["enable_dhcp"]) == ("10.9.0.1", True)

    def test_they_come_when_there_are_addresses_again(self):
        network, subnet = self.full()
        self.view("RegionTwo", network_ids=[network["id"]])
        with db_api.CONTEXT_WRITER.using(self.admin):
            query = self.admin.session.query(models_v2.Port.id).filter_by(network_id=network["id"], device_owner="")
            ids = [row.id for row in query]
        for port_id in ids:
            self._delete("ports", port_id)
        self.jobs()
        copy = {"id": subnet["id"], "resource_type": "subnet", "revision": 99}
        self.audit("RegionTwo", [copy])
        assert [kind for kind, _ in self.jobs()] == ["subnet_update"]
        (copy,) = self.view("RegionTwo", network_ids=[network["id"]])["subnets"]
        assert copy["gateway_ip"] not in (None, subnet["gateway_ip"])
        assert copy["enable_dhcp"]


class TestRouters(RouterCase):
    def test_a_region_without_an_address_for_its_interface_goes_over_the_bridge(self):
        network = self.network_of()
        full = self.subnet_of(network, "10.0.8.0/29", gateway="10.0.8.1")
        self.present(full, "RegionOne")
        for _ in range(4):
            self.port_of(network)
        self.present(full, "RegionTwo")
        router_id = self.router_of(full, self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        part = self.part(router_id, "RegionTwo")["router"]
        assert network["id"] not in {interface["network_id"] for interface in part["interfaces"]}
        assert "10.0.8.0/29" in {route["destination"] for route in part["routes"]}
