"""Subnets of every kind: made at central, used in a region; the region's copy and its ports agree with central."""

import ipaddress

from tests.functional.network.identity import ADMIN
from tests.functional.network.local import LocalCase

# What of a subnet the region's copy shows as central does.
SAME = (
    "id",
    "name",
    "cidr",
    "ip_version",
    "gateway_ip",
    "enable_dhcp",
    "allocation_pools",
    "dns_nameservers",
    "host_routes",
    "ipv6_ra_mode",
    "ipv6_address_mode",
    "project_id",
)


def _comparable(subnet):
    """Neutron answers pools in no order."""
    return {name: subnet[name] for name in SAME} | {
        "allocation_pools": sorted(subnet["allocation_pools"], key=lambda pool: pool["start"])
    }


class KindsCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.net = self.network()

    def assert_same(self, subnet):
        """The region's copy, which agrees with central's."""
        copy = self.get("subnets", subnet["id"])
        assert _comparable(copy) == _comparable(subnet)
        return copy

    def assert_boots(self, *subnets, **desired):
        """Addresses of a new instance, in the order of ``subnets``; the same here and at central."""
        port = self.boot(self.net["id"], **desired)
        there = self.at_central("GET", f"/ports/{port['id']}")["port"]
        here = {fixed["subnet_id"]: fixed["ip_address"] for fixed in port["fixed_ips"]}
        assert here == {fixed["subnet_id"]: fixed["ip_address"] for fixed in there["fixed_ips"]}
        assert here.keys() == {subnet["id"] for subnet in subnets}
        return [ipaddress.ip_address(here[subnet["id"]]) for subnet in subnets]


class TestIPv4(KindsCase):
    def test_without_gateway(self):
        subnet = self.subnet(self.net, gateway_ip=None)
        assert self.assert_same(subnet)["gateway_ip"] is None
        self.assert_boots(subnet)

    def test_without_dhcp_nothing_is_reserved(self):
        subnet = self.subnet(self.net, enable_dhcp=False)
        self.assert_same(subnet)
        self.assert_boots(subnet)
        assert [port["device_owner"] for port in self.ports_at_central(self.net)] == [""]

    def test_pools_routes_and_name_servers(self):
        subnet = self.subnet(
            self.net,
            gateway_ip="10.0.0.254",
            allocation_pools=[
                {"start": "10.0.0.100", "end": "10.0.0.109"},
                {"start": "10.0.0.200", "end": "10.0.0.201"},
            ],
            host_routes=[{"destination": "192.0.2.0/24", "nexthop": "10.0.0.9"}],
            dns_nameservers=["192.0.2.53", "192.0.2.54"],
        )
        self.assert_same(subnet)
        (address,) = self.assert_boots(subnet)
        assert ipaddress.ip_address("10.0.0.100") <= address <= ipaddress.ip_address("10.0.0.201")

    def test_several_on_one_network(self):
        first, second = self.subnet(self.net), self.subnet(self.net, cidr="10.1.0.0/24")
        for subnet in (first, second):
            self.assert_same(subnet)
        self.assert_boots(second, fixed_ips=[{"subnet_id": second["id"]}])
        self.assert_boots(first, second, fixed_ips=[{"subnet_id": first["id"]}, {"subnet_id": second["id"]}])

    def test_every_address_of_a_subnet_of_two_or_one(self):
        for cidr, count in (("10.0.0.20/31", 2), ("10.0.1.20/32", 1)):
            with self.subTest(cidr):
                self.net = self.network()
                subnet = self.subnet(self.net, cidr=cidr, enable_dhcp=False, gateway_ip=None)
                booted = {str(*self.assert_boots(subnet)) for _ in range(count)}
                assert booted == {str(address) for address in ipaddress.ip_network(cidr)}
                asked = {"network_id": self.net["id"], "fixed_ips": [{"ip_address": min(booted)}]}
                assert self.here("POST", "/ports", {"port": asked}).status == 400

    def test_a_full_pool_is_full_here_too(self):
        subnet = self.subnet(self.net, enable_dhcp=False, allocation_pools=[{"start": "10.0.0.5", "end": "10.0.0.5"}])
        self.assert_boots(subnet)
        answer = self.here("POST", "/ports", {"port": {"network_id": self.net["id"]}})
        assert answer.status == 409
        assert "No more IP addresses" in answer.body["NeutronError"]["message"]


class TestIPv6(KindsCase):
    def v6(self, mode, cidr="fd00:1::/64"):
        return self.subnet(self.net, cidr=cidr, ipv6_ra_mode=mode, ipv6_address_mode=mode)

    def test_slaac_and_stateless_addresses_come_from_the_mac(self):
        for number, mode in enumerate(("slaac", "dhcpv6-stateless")):
            with self.subTest(mode):
                self.net = self.network()
                subnet = self.v6(mode, f"fd00:{number}::/64")
                self.assert_same(subnet)
                mac = "fa:16:3e:00:00:05"
                (address,) = self.assert_boots(subnet, mac_address=mac)
                assert address == ipaddress.ip_address(f"fd00:{number}::f816:3eff:fe00:5")

    def test_a_router_s_announcement_alone_makes_addresses_automatic_too(self):
        first = self.subnet(self.net, cidr="fd00:1::/64", ipv6_ra_mode="slaac")
        second = self.subnet(self.net, cidr="fd00:2::/64", ipv6_ra_mode="slaac")
        addresses = self.assert_boots(first, second)
        assert [str(address)[:6] for address in addresses] == ["fd00:1", "fd00:2"]

    def test_stateful_addresses_come_from_central(self):
        subnet = self.v6("dhcpv6-stateful")
        self.assert_same(subnet)
        wanted = "fd00:1::77"
        assert self.assert_boots(subnet, fixed_ips=[{"ip_address": wanted}]) == [ipaddress.ip_address(wanted)]
        self.assert_boots(subnet)

    def test_without_modes_and_without_dhcp(self):
        subnet = self.subnet(self.net, cidr="fd00:1::/64", enable_dhcp=False)
        self.assert_same(subnet)
        self.assert_boots(subnet)

    def test_dual_stack(self):
        four, six = self.subnet(self.net), self.v6("slaac")
        for subnet in (four, six):
            self.assert_same(subnet)
        self.assert_boots(four, six)

    def test_a_bulk_of_dual_stack_ports(self):
        self.subnet(self.net)
        self.v6("dhcpv6-stateful")
        body = {"ports": [{"network_id": self.net["id"]} for _ in range(3)]}
        made = self.here("POST", "/ports", body).of(201)["ports"]
        there = {port["id"]: port for port in self.ports_at_central(self.net)}
        for port in made:
            assert len(port["fixed_ips"]) == 2
            assert sorted(map(str, port["fixed_ips"])) == sorted(map(str, there[port["id"]]["fixed_ips"]))


class TestSubnetPools(KindsCase):
    """A pool is central's alone: a copy of a subnet out of it has its prefix, and no pool."""

    def pool(self, *, caller=None, **attributes):
        body = {"subnetpool": {"name": "pool", "prefixes": ["10.64.0.0/16"], "default_prefixlen": 24, **attributes}}
        return self.at_central("POST", "/subnetpools", body, caller=caller, status=201)["subnetpool"]

    def out_of(self, **desired):
        body = {"subnet": {"network_id": self.net["id"], "ip_version": 4, **desired}}
        return self.at_central("POST", "/subnets", body, status=201)["subnet"]

    def test_a_subnet_out_of_a_pool(self):
        pool = self.pool()
        subnet = self.out_of(subnetpool_id=pool["id"], prefixlen=26)
        assert subnet["cidr"] == "10.64.0.0/26"
        assert self.assert_same(subnet)["subnetpool_id"] is None
        self.assert_boots(subnet)

    def test_a_subnet_too_small_for_a_dhcp_server_is_not_served(self):
        subnet = self.out_of(subnetpool_id=self.pool()["id"], prefixlen=32)
        assert subnet["enable_dhcp"] is True
        assert self.get("subnets", subnet["id"])["enable_dhcp"] is False
        self.assert_boots(subnet)

    def test_the_default_pool(self):
        pool = self.pool(caller=ADMIN, is_default=True, shared=True)
        self.addCleanup(
            self.at_central, "PUT", f"/subnetpools/{pool['id']}", {"subnetpool": {"is_default": False}}, caller=ADMIN
        )
        subnet = self.out_of(use_default_subnetpool=True)
        assert subnet["subnetpool_id"] == pool["id"]
        self.assert_same(subnet)
        self.assert_boots(subnet)

    def test_a_pool_of_an_address_scope(self):
        body = {"address_scope": {"name": "scope", "ip_version": 4}}
        scope = self.at_central("POST", "/address-scopes", body, status=201)["address_scope"]
        subnet = self.out_of(subnetpool_id=self.pool(address_scope_id=scope["id"])["id"])
        network = self.at_central("GET", f"/networks/{self.net['id']}")["network"]
        assert network["ipv4_address_scope"] == scope["id"]
        self.assert_same(subnet)
        self.assert_boots(subnet)


class TestTypes(LocalCase):
    def test_each_type_has_central_s_segment_here_and_an_administrator_sees_it(self):
        for network_type, more in (
            ("vxlan", {}),
            ("vlan", {"provider:physical_network": "bridge"}),
            ("flat", {"provider:physical_network": "bridge"}),
        ):
            with self.subTest(network_type):
                there = self.network(**{"provider:network_type": network_type, **more})
                tenant = self.get("networks", there["id"])
                assert not [name for name in tenant if name.startswith("provider:")]
                seen = self.get("networks", there["id"], caller=ADMIN)
                for name in ("network_type", "physical_network", "segmentation_id"):
                    assert seen[f"provider:{name}"] == there[f"provider:{name}"], name

    def test_of_type_local_the_region_chooses_how_to_make_it(self):
        there = self.network(**{"provider:network_type": "local"})
        assert self.get("networks", there["id"], caller=ADMIN)["provider:network_type"] == "vxlan"

    def test_a_network_of_several_segments_is_no_region_s(self):
        segments = [
            {"provider:network_type": "vlan", "provider:physical_network": name} for name in ("bridge", "extern")
        ]
        there = self.network(caller=ADMIN, project_id=self.owner.project_id, segments=segments)
        with self.assertLogs("tricircle.network.local.copies", "INFO") as logged:
            assert self.here("GET", f"/networks/{there['id']}").status == 404
        assert "several segments" in logged.output[0]

    def test_a_segment_that_the_region_s_own_network_has_is_a_conflict(self):
        body = {"network": {"provider:network_type": "vxlan", "provider:segmentation_id": 8999}}
        self.here("POST", "/networks", body, caller=ADMIN).of(201)
        there = self.network(**{"provider:network_type": "vxlan", "provider:segmentation_id": 8999})
        assert self.here("GET", f"/networks/{there['id']}").status == 409
        assert there["id"] not in self.ids_here()
