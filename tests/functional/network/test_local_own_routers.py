"""Routers that a member makes in a region: what Neutron does by itself for them goes with the region's credentials."""

import contextlib
import uuid
from unittest import mock

from tests.functional.network.identity import ADMIN, Caller
from tests.functional.network.local_routers import RouterCase
from tricircle.regions.neutron import Neutron


class TestMembersRouters(RouterCase):
    def setUp(self):
        super().setUp()
        self.outside = self.external("RegionOne")

    @contextlib.contextmanager
    def asked(self):
        """(method, path, token) of the requests to central inside; token None: the region's own."""
        real, seen = Neutron.request, []

        def request(neutron, method, path, **kwargs):
            seen.append((method, path, kwargs.get("token")))
            return real(neutron, method, path, **kwargs)

        with mock.patch.object(Neutron, "request", request):
            yield seen

    def router(self, **attributes):
        return self.here("POST", "/routers", {"router": {"name": "mine", **attributes}}).of(201)["router"]

    def lent(self, cidr):
        """A subnet of another project that is shared with the owner alone."""
        lender = Caller(uuid.uuid4().hex)
        network = self.network(caller=lender)
        body = {"network_id": network["id"], "cidr": cidr, "ip_version": 4}
        subnet = self.at_central("POST", "/subnets", {"subnet": body}, caller=lender, status=201)["subnet"]
        policy = {
            "object_type": "network",
            "object_id": network["id"],
            "action": "access_as_shared",
            "target_tenant": self.owner.project_id,
        }
        self.at_central("POST", "/rbac-policies", {"rbac_policy": policy}, caller=lender, status=201)
        return subnet

    def test_a_gateway(self):
        with self.asked() as asked:
            router = self.router(external_gateway_info={"network_id": self.outside["id"]})
        assert ("POST", "/ports", None) in asked
        (there,) = self.ports_at_central(self.outside)
        (address,) = router["external_gateway_info"]["external_fixed_ips"]
        assert there["device_owner"] == "network:router_gateway"
        assert there["fixed_ips"] == [address]
        # Nobody's in the region, as in any Neutron; at central of the network's project.
        assert there["project_id"] == self.outside["project_id"]
        assert self.get("ports", there["id"], caller=ADMIN)["project_id"] == ""
        assert self.here("GET", f"/ports/{there['id']}").status == 404

    def test_a_gateway_comes_and_goes(self):
        router = self.router()
        path = f"/routers/{router['id']}"
        body = {"router": {"external_gateway_info": {"network_id": self.outside["id"]}}}
        self.here("PUT", path, body).of(200)
        assert self.here("PUT", path, {"router": {"external_gateway_info": {}}}).of(200)
        self.settle()
        self.here("DELETE", path).of(204)

    def test_an_interface_on_a_network_that_is_lent(self):
        subnet = self.lent("10.7.0.0/24")
        router = self.router()
        path = f"/routers/{router['id']}/add_router_interface"
        with self.asked() as asked:
            joined = self.here("PUT", path, {"subnet_id": subnet["id"]}).of(200)
        assert ("POST", "/ports", None) in asked
        there = {port["id"]: port for port in self.ports_at_central({"id": subnet["network_id"]})}[joined["port_id"]]
        assert there["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.7.0.1"}]
        assert there["project_id"] == self.owner.project_id

    def test_an_interface_by_a_port_of_the_member_s_own(self):
        subnet = self.lent("10.8.0.0/24")
        port = self.boot(subnet["network_id"])
        router = self.router()
        path = f"/routers/{router['id']}/add_router_interface"
        self.here("PUT", path, {"port_id": port["id"]}).of(200)
        assert self.get("ports", port["id"], caller=ADMIN)["device_owner"] == "network:router_interface"

    def test_what_neutron_refuses_a_member_is_refused(self):
        """No port is made at central for it."""
        shared = self.network(shared=True, project_id=uuid.uuid4().hex)
        body = {"network_id": shared["id"], "cidr": "10.9.0.0/24", "ip_version": 4, "enable_dhcp": False}
        subnet = self.at_central("POST", "/subnets", {"subnet": body}, caller=ADMIN, status=201)["subnet"]
        router = self.router()
        address = {"ip_address": "203.0.113.177"}
        chosen = {"network_id": self.outside["id"], "external_fixed_ips": [address]}
        for method, path, desired, status in (
            ("PUT", f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]}, 400),
            ("PUT", f"/routers/{router['id']}", {"router": {"external_gateway_info": chosen}}, 403),
            ("POST", "/routers", {"router": {"name": "x", "external_gateway_info": chosen}}, 403),
            ("POST", "/ports", {"port": {"network_id": self.outside["id"]}}, 403),
        ):
            assert self.here(method, path, desired).status == status, (method, path)
        assert self.ports_at_central(self.outside) == self.ports_at_central(shared) == []
