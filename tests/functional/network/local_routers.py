"""What tests of a region's parts of central routers share."""

from neutron.tests.common import helpers
from neutron_lib.plugins import constants, directory

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import LocalCase

L3_PLUGIN = "tricircle.network.local_l3_plugin.TricircleL3Plugin"


class RouterCase(LocalCase):
    """This is RegionOne; of RegionTwo there is only what central is asked in its name."""

    SERVICE_PLUGINS = ("revisions", "flavors", L3_PLUGIN)

    def setUp(self):
        super().setUp()
        self.l3 = directory.get_plugin(constants.L3)
        helpers.register_l3_agent(host="host-1")

    def subnet_in(self, region, cidr):
        network = self.network(availability_zone_hints=[region])
        subnet = self.subnet(network, cidr)
        desired = {"regional_view": {"region_name": region, "network_ids": [network["id"]]}}
        self.at_central("POST", "/regional-views", desired, caller=SERVICE, status=201)
        return subnet

    def router_of(self, *subnets):
        router = self.at_central("POST", "/routers", {"router": {"name": "r"}}, status=201)["router"]
        for subnet in subnets:
            self.attach(router["id"], subnet)
        return router["id"]

    def attach(self, router_id, subnet):
        self.at_central("PUT", f"/routers/{router_id}/add_router_interface", {"subnet_id": subnet["id"]})

    def external(self, region, cidr="203.0.113.0/24"):
        body = {"name": "outside", "router:external": True, "availability_zone_hints": [region]}
        network = self.at_central("POST", "/networks", {"network": body}, caller=ADMIN, status=201)["network"]
        body = {"network_id": network["id"], "cidr": cidr, "ip_version": 4, "enable_dhcp": False}
        self.at_central("POST", "/subnets", {"subnet": body}, caller=ADMIN, status=201)
        return network

    def part(self, router_id, region="RegionOne"):
        body = {"regional_router": {"router_id": router_id, "region_name": region}}
        return self.at_central("POST", "/regional-routers", body, caller=SERVICE, status=201)["regional_router"]["part"]

    def carry_out(self, router_id):
        """What the job does; answers the part as it is here then, and what was asked of central meanwhile."""
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        with self.central.seen() as requests:
            answer = self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
        assert answer["router_copy"]["router"] == without_ports_of_others(part["router"])
        return answer["router_copy"]["router"], [line for line in requests if "regional-reports" not in line]


def without_ports_of_others(router):
    """No floating IP has a port here in these tests: the instances are in the other region, or not yet there."""
    if router is None:
        return None
    gateway = router["gateway"] and {**router["gateway"], "default_versions": [4]}
    floating_ips = [{**floating, "fixed_port_id": ""} for floating in router["floating_ips"]]
    return {**router, "gateway": gateway, "floating_ips": floating_ips}
