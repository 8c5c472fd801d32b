"""What tenants read at central of routers and floating IPs is how the regions have them."""

from neutron_lib.plugins import constants, directory

from tests.functional.network.central import state
from tests.functional.network.central_routers import RouterCase


class StateCase(RouterCase):
    def status(self, port_id):
        return self.plugin.get_port(self.admin, port_id)["status"]

    def interface(self, subnet):
        """The router's own interface on a subnet, at central."""
        filters = {"device_owner": ["network:router_interface"], "fixed_ips": {"subnet_id": [subnet["id"]]}}
        (port,) = self.plugin.get_ports(self.admin, filters=filters)
        return port["id"]

    def tell(self, region, port_id, revision=1, **changes):
        port = self.plugin.get_port(self.admin, port_id)
        self.report(region, [state(port, revision=revision, **changes)])


class TestInterfaces(StateCase):
    def test_where_no_region_must_have_it_an_interface_is_active(self):
        subnet = self.subnet_of(self.network_of(), "10.0.1.0/24", gateway="10.0.1.1")
        self.router_of(subnet)
        assert self.status(self.interface(subnet)) == "ACTIVE"

    def test_it_is_down_until_its_region_has_it(self):
        subnet = self.subnet_in("RegionOne")
        self.router_of(subnet)
        port_id = self.interface(subnet)
        assert self.status(port_id) == "DOWN"
        self.tell("RegionOne", port_id)
        assert self.status(port_id) == "ACTIVE"
        self.tell("RegionOne", port_id, revision=2, status="DOWN")
        assert self.status(port_id) == "DOWN"

    def test_it_is_active_when_every_region_that_has_the_network_has_it(self):
        network = self.network_of()
        subnet = self.subnet_of(network, "10.0.1.0/24", gateway="10.0.1.1")
        self.present(subnet, "RegionOne")
        router_id = self.router_of(subnet)
        port_id = self.interface(subnet)
        self.tell("RegionOne", port_id)
        assert self.status(port_id) == "ACTIVE"
        self.present(subnet, "RegionTwo")
        assert self.status(port_id) == "DOWN", "RegionTwo must have it now"
        part = self.part(router_id, "RegionTwo")["router"]
        (theirs,) = [one["port_id"] for one in part["interfaces"] if one["network_id"] == network["id"]]
        assert theirs != port_id
        self.tell("RegionTwo", theirs)
        assert self.status(port_id) == "ACTIVE"

    def test_a_region_in_which_the_router_may_not_live_need_not_have_it(self):
        network = self.network_of()
        subnet = self.subnet_of(network, "10.0.1.0/24", gateway="10.0.1.1")
        self.present(subnet, "RegionOne", "RegionTwo")
        self.router_of(subnet, hints=["RegionOne"])
        port_id = self.interface(subnet)
        self.tell("RegionOne", port_id)
        assert self.status(port_id) == "ACTIVE"


class TestFloatingIps(StateCase):
    def setUp(self):
        super().setUp()
        self.plugin_of_l3 = directory.get_plugin(constants.L3)
        self.subnet = self.subnet_in("RegionOne")
        router_id = self.router_of(self.subnet)
        self.outside = self.external("RegionTwo")
        self.gateway(router_id, self.outside)
        self.vm = self.port_of({"id": self.subnet["network_id"]})

    def floating_ip(self, port_id=None):
        body = {
            "floating_network_id": self.outside["network_id"],
            "project_id": self._project_id,
            "port_id": port_id,
        }
        return self.plugin_of_l3.create_floatingip(self.admin, {"floatingip": {**body, "tenant_id": self._project_id}})

    def status_of(self, floating):
        return self.plugin_of_l3.get_floatingip(self.admin, floating["id"])["status"]

    def test_one_without_a_port_is_down(self):
        floating = self.floating_ip()
        assert floating["status"] == self.status_of(floating) == "DOWN"

    def test_one_with_a_port_is_active_when_its_region_has_it(self):
        floating = self.floating_ip(self.vm["id"])
        assert self.status_of(floating) == "DOWN"
        self.report("RegionTwo", floating_ips=[{"id": floating["id"], "status": "ACTIVE"}])
        assert self.status_of(floating) == "ACTIVE"

    def test_it_is_down_again_without_its_port(self):
        for lose in (self.disassociate, self.delete_instance):
            floating = self.floating_ip(self.vm["id"])
            self.report("RegionTwo", floating_ips=[{"id": floating["id"], "status": "ACTIVE"}])
            lose(floating)
            assert self.status_of(floating) == "DOWN", lose
            self.report("RegionTwo", floating_ips=[{"id": floating["id"], "status": "ACTIVE"}])
            assert self.status_of(floating) == "DOWN", "the region was late"

    def disassociate(self, floating):
        answer = self.plugin_of_l3.update_floatingip(self.admin, floating["id"], {"floatingip": {"port_id": None}})
        assert answer["status"] == "DOWN"

    def delete_instance(self, floating):
        self.plugin.delete_port(self.admin, self.vm["id"])
