"""Routers at central: what regions are told to have of them, and what central reserves and gives back."""

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib.db import api as db_api
from sqlalchemy.engine import Engine

from tests.functional.network.central_routers import REGIONS, RouterCase
from tricircle.domain.jobs import JobType


def addresses(part):
    return sorted(fixed["ip_address"] for port in part["router"]["interfaces"] for fixed in port["fixed_ips"])


def routes(part):
    return {(route["destination"], route["nexthop"]) for route in part["router"]["routes"]}


class TestParts(RouterCase):
    def test_a_router_of_one_region_needs_no_bridge(self):
        router_id = self.router_of(self.subnet_in("RegionOne"))
        assert self.regions(router_id) == ["RegionOne"]
        part = self.part(router_id, "RegionOne")
        assert addresses(part) == ["10.0.1.1"]
        assert routes(part) == set()
        assert part["router"]["name"] == router_id != part["id"] == part["router"]["id"]
        assert self.bridges() == []

    def test_parts_in_two_regions_are_joined_by_one_route_a_subnet(self):
        router_id = self.router_of(self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        one, two = (self.part(router_id, region) for region in ("RegionOne", "RegionTwo"))
        bridge = {name: addresses(part)[1] for name, part in (("one", one), ("two", two))}
        assert [addresses(part)[0] for part in (one, two)] == ["10.0.1.1", "10.0.2.1"]
        assert all(address.startswith("100.0.0.") for address in bridge.values())
        assert routes(one) == {("10.0.2.0/24", bridge["two"])}
        assert routes(two) == {("10.0.1.0/24", bridge["one"])}
        assert [network["name"] for network in one["view"]["networks"]] == [f"bridge_network_{self._project_id}"]
        assert self.part(router_id, "RegionOne") == {**one, "view": None}

    def test_a_network_without_an_instance_is_nowhere(self):
        subnet = self.subnet_of(self.network_of(["RegionOne"]))
        router_id = self.router_of(subnet)
        assert self.regions(router_id) == []
        self.jobs()
        self.present(subnet, "RegionOne")
        assert (JobType.CONFIGURE_ROUTE, {"router_id": router_id}) in self.jobs()
        assert self.regions(router_id) == ["RegionOne"]

    def test_each_region_of_a_stretched_subnet_has_the_address_that_its_copy_shows(self):
        subnet = self.subnet_in()
        views = {
            region: self.view(region, network_ids=[subnet["network_id"]])["subnets"][0]["gateway_ip"]
            for region in ("RegionOne", "RegionTwo")
        }
        router_id = self.router_of(subnet)
        for region, gateway_ip in views.items():
            assert gateway_ip in addresses(self.part(router_id, region))
        ports = [self.part(router_id, region)["router"]["interfaces"] for region in views]
        assert len({port["port_id"] for interfaces in ports for port in interfaces}) == 4

    def test_the_next_router_of_a_stretched_subnet_has_the_same_addresses_by_other_ports(self):
        """Regions' agents take it that what is deleted never comes back by the same id."""
        subnet = self.subnet_in()
        for region in REGIONS:
            self.view(region, network_ids=[subnet["network_id"]])
        parts = []
        for _ in range(2):
            router_id = self.router_of(subnet)
            parts.append([self.part(router_id, region) for region in REGIONS])
            self._router_interface_action("remove", router_id, subnet["id"], None, as_admin=True)
        first, second = ([addresses(part)[0] for part in generation] for generation in parts)
        assert first == second
        assert len(set(first)) == len(REGIONS)
        ids = [port["port_id"] for generation in parts for part in generation for port in part["router"]["interfaces"]]
        own = [id_ for id_ in ids if id_ not in {port["id"] for port in self._bridge_ports()}]
        assert len(own) == len(set(own)) == 2 * len(REGIONS)
        reserved = self.plugin.get_ports(self.admin, filters={"name": [f"interface_{REGIONS[1]}_{subnet['id']}"]})
        assert [fixed["ip_address"] for port in reserved for fixed in port["fixed_ips"]] == [first[1]]
        views = self.view(REGIONS[1], network_ids=[subnet["network_id"]])["subnets"]
        assert [view["gateway_ip"] for view in views] == [first[1]]

    def _bridge_ports(self):
        ids = [network["id"] for network in self.bridges()]
        return self.plugin.get_ports(self.admin, filters={"network_id": ids})

    def test_ipv6_goes_over_the_bridge_by_its_own_addresses(self):
        first = self.subnet_in("RegionOne", cidr="2001:db8:1::/64")
        router_id = self.router_of(first, self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        self.part(router_id, "RegionOne")
        ((destination, nexthop),) = routes(self.part(router_id, "RegionTwo"))
        assert destination == "2001:db8:1::/64"
        assert nexthop.startswith("fd74:7269:6369::")

    def test_the_other_region_leaves_by_the_gateways_region(self):
        router_id = self.router_of(self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        self.gateway(router_id, self.external("RegionTwo"))
        two = self.part(router_id, "RegionTwo")
        assert two["router"]["gateway"]["enable_snat"] is True
        assert "0.0.0.0/0" not in {destination for destination, _ in routes(two)}
        bridge = next(address for address in addresses(two) if address.startswith("100."))
        assert ("0.0.0.0/0", bridge) in routes(self.part(router_id, "RegionOne"))

    def test_a_way_out_without_snat_at_an_address_of_its_own_choice_is_carried(self):
        router_id, outside = self.router_of(self.subnet_in("RegionOne")), self.external("RegionTwo")
        info = {
            "network_id": outside["network_id"],
            "enable_snat": False,
            "external_fixed_ips": [{"subnet_id": outside["id"], "ip_address": "203.0.113.177"}],
        }
        body = {"router": {"external_gateway_info": info}}
        assert (
            self.new_update_request("routers", body, router_id, as_admin=True).get_response(self.api).status_int == 200
        )
        gateway = self.part(router_id, "RegionTwo")["router"]["gateway"]
        assert gateway["enable_snat"] is False
        assert [fixed["ip_address"] for fixed in gateway["interface"]["fixed_ips"]] == ["203.0.113.177"]

    def test_an_external_network_of_several_regions_has_its_one_gateway_address_in_each(self):
        network = self.network_of(REGIONS, **{"router:external": True})
        outside = self.subnet_of(network, "203.0.113.0/24", gateway="203.0.113.254", enable_dhcp=False)
        router_id = self.router_of(self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        self.gateway(router_id, outside)
        for region in REGIONS:
            assert self.view(region, network_ids=[network["id"]])["subnets"][0]["gateway_ip"] == "203.0.113.254"
        gateways = [self.part(router_id, region)["router"]["gateway"] is not None for region in REGIONS]
        assert gateways == [True, False]

    def test_extra_routes_are_carried(self):
        router_id = self.router_of(self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24"))
        extra = [{"destination": "192.168.7.0/24", "nexthop": "10.0.1.9"}]
        self._update("routers", router_id, {"router": {"routes": extra}})
        one, two = (self.part(router_id, region) for region in ("RegionOne", "RegionTwo"))
        assert ("192.168.7.0/24", "10.0.1.9") in routes(one)
        assert ("192.168.7.0/24", addresses(one)[1]) in routes(two)


class TestFloatingIps(RouterCase):
    def test_they_are_in_the_region_of_the_external_network_only(self):
        subnet = self.subnet_in("RegionOne")
        router_id = self.router_of(subnet)
        outside = self.external("RegionTwo")
        self.gateway(router_id, outside)
        port = self.port_of({"id": subnet["network_id"]})
        self.jobs()
        body = {"floatingip": {"floating_network_id": outside["network_id"], "port_id": port["id"]}}
        body["floatingip"]["project_id"] = self._project_id
        request = self.new_create_request("floatingips", body, as_admin=True)
        floating = self.deserialize("json", request.get_response(self.api))["floatingip"]
        assert self.jobs() == [(JobType.CONFIGURE_ROUTE, {"router_id": router_id})]
        assert self.part(router_id, "RegionOne")["router"]["floating_ips"] == []
        (there,) = self.part(router_id, "RegionTwo")["router"]["floating_ips"]
        assert there["id"] == floating["id"]
        assert there["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
        assert there["outside"]["fixed_ips"][0]["ip_address"] == floating["floating_ip_address"]
        self._update("floatingips", floating["id"], {"floatingip": {"port_id": None}})
        assert self.jobs() == [(JobType.CONFIGURE_ROUTE, {"router_id": router_id})]
        assert self.part(router_id, "RegionTwo")["router"]["floating_ips"] == []


class TestHints(RouterCase):
    def test_a_router_stays_where_its_hint_says(self):
        here = self.subnet_in("RegionOne")
        router_id = self.router_of(here, hints=["RegionOne"])
        elsewhere = self.subnet_in("RegionTwo", cidr="10.0.2.0/24")
        answer = self._router_interface_action(
            "add", router_id, elsewhere["id"], None, expected_code=409, as_admin=True
        )
        assert "RegionTwo" in str(answer)
        assert self.regions(router_id) == ["RegionOne"]

    def test_a_gateway_whose_network_may_not_live_with_the_router_is_named_in_the_log(self):
        router_id, outside = (
            self.router_of(self.subnet_in("RegionOne"), hints=["RegionOne"]),
            self.external("RegionOne"),
        )
        self.gateway(router_id, outside)
        hints = sa.update(models_v2.Network).where(models_v2.Network.id == outside["network_id"])
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(hints.values(availability_zone_hints='["RegionTwo"]'))
        with self.assertLogs("tricircle.network.central.router_reader", "WARNING") as logged:
            assert self.part(router_id, "RegionOne")["router"]["gateway"] is None
        assert outside["network_id"] in logged.output[0]

    def test_an_unknown_hint_is_refused(self):
        body = {"router": {"name": "r", "project_id": self._project_id, "availability_zone_hints": ["nowhere"]}}
        assert self.new_create_request("routers", body, as_admin=True).get_response(self.api).status_int == 404


class TestHostRoutes(RouterCase):
    def test_subnets_joined_beside_their_gateway_get_routes_to_each_other(self):
        subnets = [self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24")]
        own = {"destination": "10.99.0.0/16", "nexthop": "10.0.1.177"}
        self._update("subnets", subnets[0]["id"], {"subnet": {"host_routes": [own]}})
        router_id, ports = self.router_of(), []
        for subnet in subnets:
            ports.append(self.port_of({"id": subnet["network_id"]}))
            self._router_interface_action("add", router_id, None, ports[-1]["id"], as_admin=True)
        attachments = [port["fixed_ips"][0]["ip_address"] for port in ports]
        assert self.host_routes(subnets[0]) == [own, {"destination": "10.0.2.0/24", "nexthop": attachments[0]}]
        assert self.host_routes(subnets[1]) == [{"destination": "10.0.1.0/24", "nexthop": attachments[1]}]
        self._router_interface_action("remove", router_id, None, ports[1]["id"], as_admin=True)
        assert self.host_routes(subnets[0]) == [own]
        assert self.host_routes(subnets[1]) == []

    def host_routes(self, subnet):
        found = self._show("subnets", subnet["id"], as_admin=True)["subnet"]["host_routes"]
        return sorted(found, key=lambda route: route["destination"], reverse=True)


class TestDeletes(RouterCase):
    def setUp(self):
        super().setUp()
        self.outside = [self.external("RegionOne"), self.external("RegionTwo", "198.51.100.0/24")]
        self.router_id = self.router_of()
        self.gateway(self.router_id, self.outside[0])

    def delete(self):
        request = self.new_delete_request("routers", self.router_id, as_admin=True)
        return request.get_response(self.api).status_int

    def gateways(self):
        return self.plugin.get_ports(self.admin, filters={"device_owner": ["network:router_gateway"]})

    def test_every_gateway_goes_with_its_router(self):
        desired = {"router": {"external_gateways": [{"network_id": self.outside[1]["network_id"]}]}}
        self.l3.add_external_gateways(self.admin, self.router_id, desired)
        assert len(self.gateways()) == 2
        assert (self.delete(), self.gateways()) == (204, [])

    def test_a_router_is_read_as_often_as_by_neutron_alone(self):
        """By the API, before its gateway goes, and before it goes itself: each reads some 25 tables."""
        reads = []
        sa.event.listen(Engine, "before_cursor_execute", listen := lambda *args: reads.append(args[2]))
        self.addCleanup(sa.event.remove, Engine, "before_cursor_execute", listen)
        assert self.delete() == 204
        assert sum("routers.admin_state_up AS" in statement for statement in reads) == 3
