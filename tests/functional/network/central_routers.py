"""What tests of central's routers share."""

from neutron.tests.unit.extensions import test_l3
from neutron_lib import context as n_context
from neutron_lib.plugins import constants, directory

from tests.functional.network.central import CentralCase
from tricircle.network.extensions import _base, regional_router

REGIONS = ("RegionOne", "RegionTwo")


class RouterCase(CentralCase, test_l3.L3NatTestCaseMixin):
    """Two local networks, one in each region."""

    def setUp(self):
        super().setUp()
        self.l3 = directory.get_plugin(constants.L3)
        self.ext_api = self.api

    def subnet_in(self, *regions, cidr="10.0.1.0/24", **attributes):
        """A subnet whose network is present in the regions."""
        network = self.network_of(regions, **attributes)
        first = cidr.replace("0/24", "1").replace("::/64", "::1")
        subnet = self.subnet_of(network, cidr, gateway=first, ip_version=6 if ":" in cidr else 4)
        self.present(subnet, *regions)
        return subnet

    def present(self, subnet, *regions):
        for region in regions:
            self.view(region, network_ids=[subnet["network_id"]])

    def router_of(self, *subnets, hints=()):
        body = {"router": {"name": "r", "project_id": self._project_id, "availability_zone_hints": list(hints)}}
        response = self.new_create_request("routers", body, as_admin=True).get_response(self.api)
        router = self.deserialize("json", response)["router"]
        for subnet in subnets:
            self._router_interface_action("add", router["id"], subnet["id"], None, as_admin=True)
        return router["id"]

    def external(self, region, cidr="203.0.113.0/24"):
        network = self.network_of([region], **{"router:external": True})
        return self.subnet_of(network, cidr, gateway=cidr.replace("0/24", "254"), enable_dhcp=False)

    def gateway(self, router_id, outside):
        self._add_external_gateway_to_router(router_id, outside["network_id"], as_admin=True)

    def ask(self, router_id, region="", settled=""):
        sent = {"router_id": router_id, "region_name": region, "settled": settled}
        body = _base.filled(regional_router.ATTRIBUTES["regional_routers"], **sent)
        return self.l3.create_regional_router(n_context.get_admin_context(), {"regional_router": body})

    def regions(self, router_id):
        return [region["region_name"] for region in self.ask(router_id)["regions"]]

    def part(self, router_id, region):
        return self.ask(router_id, region)["part"]

    def bridges(self):
        return self.plugin.get_networks(self.admin, filters={"project_id": [""]})
