"""Bridge networks at central: whose they are, where their addresses come from, and what crashes leave of them."""

import datetime
from unittest import mock

import pytest
from neutron_lib import context as n_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from oslo_config import cfg

from tests.functional.network.central_routers import REGIONS, RouterCase
from tricircle.db.neutron import router_ports
from tricircle.db.neutron.models import BridgeNetwork
from tricircle.network.central.bridges import NoBridgeLeft


class BridgeCase(RouterCase):
    def spanning_router(self):
        return self.router_of(self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))

    def remove(self, router_id):
        for port in self.plugin.get_ports(self.admin, filters={"device_id": [router_id]}):
            if port["device_owner"] == "network:router_interface":
                self._router_interface_action("remove", router_id, None, port["id"], as_admin=True)
        self._delete("routers", router_id, as_admin=True)


class TestBridgeNetworks(BridgeCase):
    def test_tenants_neither_see_nor_use_them(self):
        router_id = self.spanning_router()
        self.part(router_id, "RegionOne")
        (bridge,) = self.bridges()
        tenant = n_context.Context("user", self._project_id)
        assert bridge["id"] not in {network["id"] for network in self.plugin.get_networks(tenant)}
        assert bridge["id"] not in {port["network_id"] for port in self.plugin.get_ports(tenant)}
        with pytest.raises(exceptions.NetworkNotFound):
            self.plugin.get_network(tenant, bridge["id"])

    def test_they_go_with_the_last_part(self):
        router_id = self.spanning_router()
        for region in REGIONS:
            assert self.part(router_id, region)["release"] is False
        self.remove(router_id)
        assert self.regions(router_id) == list(REGIONS)
        for region in REGIONS:
            part = self.part(router_id, region)
            assert part["id"]
            assert part["router"] is None
            assert part["release"] is True
            self.ask(router_id, region, settled="removed")
        assert self.bridges() == []
        assert self.regions(router_id) == []
        assert router_ports.of_interfaces(self.admin, [router_id]) == {}

    def test_what_went_while_a_region_was_being_told_of_something_else_is_not_forgotten(self):
        router_id = self.spanning_router()
        for region in REGIONS:
            self.part(router_id, region)
        (port, *_) = self.plugin.get_ports(self.admin, filters={"fixed_ips": {"ip_address": ["10.0.2.1"]}})
        self._router_interface_action("remove", router_id, None, port["id"], as_admin=True)
        told = self.part(router_id, "RegionOne")
        assert (told["router"] is not None, told["release"]) == (True, True)
        self.remove(router_id)
        self.ask(router_id, "RegionOne", settled="unbridged")
        part = self.part(router_id, "RegionOne")
        assert (part["id"], part["router"], part["release"]) == (told["id"], None, True)
        self.ask(router_id, "RegionOne", settled="removed")
        nothing = {"id": router_id, "router": None, "view": None, "release": False}
        assert self.part(router_id, "RegionOne") == nothing

    def test_projects_have_networks_of_their_own(self):
        subnets = [self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24")]
        self.part(self.router_of(*subnets), "RegionOne")
        with self.router(project_id="another", as_admin=True) as other:
            router_id = other["router"]["id"]
        for subnet in subnets:
            port = self.port_of({"id": subnet["network_id"]})
            self._router_interface_action("add", router_id, None, port["id"], as_admin=True)
        self.part(router_id, "RegionTwo")
        found = self.plugin.get_subnets(self.admin, filters={"project_id": [""]})
        assert {subnet["cidr"] for subnet in found if subnet["ip_version"] == 4} == {"100.0.0.0/24", "100.0.1.0/24"}

    def test_the_first_physical_network_carries_those_of_type_vlan(self):
        cfg.CONF.set_override("bridge_network_type", "vlan", group="tricircle")
        part = self.part(self.spanning_router(), "RegionOne")
        (bridge,) = self.bridges()
        assert (bridge["provider:network_type"], bridge["provider:physical_network"]) == ("vlan", "bridge")
        assert bridge["provider:segmentation_id"] in range(2001, 2011)
        assert bridge["id"] in {port["network_id"] for port in part["router"]["interfaces"]}


class TestExhaustion(BridgeCase):
    def test_a_project_too_many_is_told_so_and_nothing_is_half_done(self):
        cfg.CONF.set_override("bridge_cidr", "100.0.0.0/24", group="client")
        self.part(self.spanning_router(), "RegionOne")
        subnets = [self.subnet_in(region, cidr=f"10.0.{number}.0/24") for number, region in enumerate(REGIONS, 8)]
        with self.router(project_id="another", as_admin=True) as other:
            router_id = other["router"]["id"]
        for subnet in subnets:
            self._router_interface_action("add", router_id, subnet["id"], None, as_admin=True)
        before = self.plugin.get_ports(self.admin), self.plugin.get_networks(self.admin)
        with pytest.raises(NoBridgeLeft, match=r"bridge_cidr 100\.0\.0\.0/24"):
            self.part(router_id, "RegionOne")
        assert (self.plugin.get_ports(self.admin), self.plugin.get_networks(self.admin)) == before
        assert self.routings(router_id) == set()

    def test_a_network_that_went_makes_room(self):
        cfg.CONF.set_override("bridge_cidr", "100.0.0.0/24", group="client")
        first = self.spanning_router()
        self.part(first, "RegionOne")
        self.remove(first)
        for region in REGIONS:
            self.ask(first, region, settled="removed")
        with self.router(project_id="another", as_admin=True) as other:
            router_id = other["router"]["id"]
        for number, region in enumerate(REGIONS, 8):
            subnet = self.subnet_in(region, cidr=f"10.0.{number}.0/24")
            self._router_interface_action("add", router_id, subnet["id"], None, as_admin=True)
        assert len(self.part(router_id, "RegionOne")["router"]["interfaces"]) == 2


class TestRanges(BridgeCase):
    def spanning(self, cidr):
        return self.router_of(self.subnet_in("RegionOne", cidr=cidr), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))

    def test_a_bridge_meets_none_of_the_tenant_s_subnets(self):
        router_id = self.spanning("100.0.0.0/24")
        self.part(router_id, "RegionOne")
        (bridge,) = self.bridges()
        subnets = self.plugin.get_subnets(self.admin, filters={"network_id": [bridge["id"]], "ip_version": [4]})
        assert [subnet["cidr"] for subnet in subnets] == ["100.0.1.0/24"]

    def test_a_subnet_that_leaves_no_room_for_a_bridge_is_refused(self):
        cfg.CONF.set_override("bridge_cidr", "100.0.0.0/24", group="client")
        subnet = self.subnet_in("RegionOne", cidr="100.0.0.0/24")
        self.refused(self.router_of(), subnet, "bridge_cidr 100.0.0.0/24 has no /24 left")
        # A router of one region needs none.
        self._router_interface_action("add", self.router_of(hints=["RegionOne"]), subnet["id"], None, as_admin=True)

    def test_a_subnet_that_meets_the_bridge_that_is_there_is_refused(self):
        router_id = self.spanning("10.0.1.0/24")
        self.part(router_id, "RegionOne")
        subnet = self.subnet_in("RegionOne", cidr="100.0.0.0/24")
        self.refused(router_id, subnet, "overlaps 100.0.0.0/24 out of [client] bridge_cidr")
        outside = self.external("RegionOne", cidr="100.0.0.0/24")
        body = {"router": {"external_gateway_info": {"network_id": outside["network_id"]}}}
        with pytest.raises(exceptions.BadRequest, match="overlaps"):
            self.l3.update_router(self.admin, router_id, body)

    def refused(self, router_id, subnet, reason):
        with pytest.raises(exceptions.NeutronException) as caught:
            self.l3.add_router_interface(self.admin, router_id, {"subnet_id": subnet["id"]})
        assert reason in str(caught.value)
        filters = {"device_owner": ["network:router_interface"], "fixed_ips": {"subnet_id": [subnet["id"]]}}
        assert self.plugin.get_ports(self.admin, filters=filters) == []


class TestCrashes(BridgeCase):
    def test_a_network_without_its_last_port_is_swept_up(self):
        router_id = self.spanning_router()
        self.part(router_id, "RegionOne")
        self.remove(router_id)
        with (
            mock.patch.object(self.plugin.components.bridges, "_remove", side_effect=SystemExit),
            pytest.raises(SystemExit),
        ):
            for region in REGIONS:
                self.ask(router_id, region, settled="removed")
        # The job is begun again, and finds that the port has gone already.
        for region in REGIONS:
            self.ask(router_id, region, settled="removed")
        assert len(self.bridges()) == 1
        self.plugin.sweep()
        assert len(self.bridges()) == 1, "somebody may just be making it"
        self.grow_old()
        self.plugin.sweep()
        assert self.bridges() == []

    def test_a_network_in_use_is_never_swept_up(self):
        self.part(self.spanning_router(), "RegionOne")
        self.grow_old()
        self.plugin.sweep()
        assert len(self.bridges()) == 1

    def test_a_half_made_network_is_finished(self):
        router_id = self.spanning_router()
        with (
            mock.patch.object(self.plugin.components.bridges, "_create_subnet", side_effect=SystemExit),
            pytest.raises(SystemExit),
        ):
            self.part(router_id, "RegionOne")
        assert len(self.bridges()) == 1
        assert len(self.part(router_id, "RegionOne")["router"]["interfaces"]) == 2
        (bridge,) = self.bridges()
        assert len(bridge["subnets"]) == 2

    def test_of_two_networks_of_a_project_the_second_is_not_made(self):
        router_id = self.spanning_router()
        bridges = self.plugin.components.bridges
        faster, made = bridges._create, []

        def slower(admin, project_id, number):
            if not made:
                made.append(faster(admin, project_id, number))
            return faster(admin, project_id, number)

        with mock.patch.object(bridges, "_create", side_effect=slower):
            self.part(router_id, "RegionOne")
        assert [bridge["id"] for bridge in self.bridges()] == made

    def grow_old(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            for bridge in self.admin.session.query(BridgeNetwork):
                bridge.created_at -= datetime.timedelta(hours=1)
