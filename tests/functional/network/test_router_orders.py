"""A router's gateway, interfaces, first instance and floating IP in several of the orders that Neutron accepts.

Central and the region are the real ones, and the region carries out its part after each step. The planner is tested
with all orders.
"""

import itertools

from tests.functional.network.identity import SERVICE
from tests.functional.network.local_routers import RouterCase

STEPS = ("gateway", "interface_one", "interface_two", "first_instance", "floating_ip")


def accepted():
    """A floating IP is given to a port that the router reaches, by a gateway that is there."""
    for order in itertools.permutations(STEPS):
        if order.index("floating_ip") > max(order.index("gateway"), order.index("interface_two")):
            yield order


class TestOrders(RouterCase):
    """The gateway is in RegionOne, which is here; the instance is in RegionTwo."""

    def test_different_orders_end_in_the_same_part(self):
        outside = self.external("RegionOne")
        orders = list(accepted())
        assert len(orders) == 40
        ends = {order: self.walk(order, outside) for order in orders[::9]}
        expected = {
            "interfaces": [["10.0.1.1"], ["bridge", "bridge"]],
            "routes": [("10.0.2.0/24", "bridge")],
            "gateway": True,
            "floating_ips": [self.fixed_ip],
        }
        assert {order: end for order, end in ends.items() if end != expected} == {}

    def walk(self, order, outside):
        """A router of its own; answers the shape of its part here at the end."""
        self.outside = outside
        self.one = self.subnet_in("RegionOne", "10.0.1.0/24")
        self.two = self.subnet(self.network(availability_zone_hints=["RegionTwo"]), "10.0.2.0/24")
        self.instance = self.port({"id": self.two["network_id"]}, fixed_ips=[{"ip_address": "10.0.2.177"}])
        self.fixed_ip = self.instance["fixed_ips"][0]["ip_address"]
        self.router_id = self.router_of()
        for step in order:
            getattr(self, step)()
            part = self.part(self.router_id)
            if part["id"]:
                body = {"router_copy": {"router": part["router"]}}
                here = self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
        return shape(here["router_copy"]["router"])

    def gateway(self):
        body = {"router": {"external_gateway_info": {"network_id": self.outside["id"]}}}
        self.at_central("PUT", f"/routers/{self.router_id}", body)

    def interface_one(self):
        self.attach(self.router_id, self.one)

    def interface_two(self):
        self.attach(self.router_id, self.two)

    def first_instance(self):
        desired = {"regional_view": {"region_name": "RegionTwo", "network_ids": [self.two["network_id"]]}}
        self.at_central("POST", "/regional-views", desired, caller=SERVICE, status=201)

    def floating_ip(self):
        body = {"floatingip": {"floating_network_id": self.outside["id"], "port_id": self.instance["id"]}}
        self.at_central("POST", "/floatingips", body, status=201)


def shape(part):
    """A part without what differs from router to router: ids, and addresses on bridges and outside."""
    return {
        "interfaces": sorted(
            [known(fixed["ip_address"]) for fixed in port["fixed_ips"]] for port in part["interfaces"]
        ),
        "routes": sorted((route["destination"], known(route["nexthop"])) for route in part["routes"]),
        "gateway": part["gateway"] is not None,
        "floating_ips": [floating["fixed_ip_address"] for floating in part["floating_ips"]],
    }


def known(address):
    return address if address.startswith("10.0.") else "bridge"
