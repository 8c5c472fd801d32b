"""A tenant of central and a region, with what it has made."""

import uuid
from typing import Any

from tests.functional.network.faults.cloud import HOST, Cloud
from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.neutron_server import Answer
from tricircle.domain.jsons import Json

RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}


class Tenant:
    """One project; everything that it makes is named by what it is in these tests (``network``, ``router``)."""

    def __init__(self, cloud: Cloud, outside: Json) -> None:
        """Nothing is made yet. ``outside``: an external network."""
        self.cloud = cloud
        self.outside = outside
        self.caller = Caller(uuid.uuid4().hex)
        self.network: Json = {}
        self.subnet: Json = {}
        self.port: Json = {}
        self.router: Json = {}
        self.group: Json = {}
        self.rule: Json = {}
        self.floating_ip: Json = {}
        self.elsewhere = ""
        self.further: tuple[str, ...] = ()
        self.number = 0

    def there(self, method: str, path: str, body: Json | None = None) -> Answer:
        """One request to central."""
        return self.cloud.central.call(method, path, body, caller=self.caller)

    def here(self, method: str, path: str, body: Json | None = None, caller: Caller | None = None) -> Answer:
        """One request to the region."""
        return self.cloud.region.call(method, path, body, caller=caller or self.caller)

    def make(self, collection: str, **attributes: Any) -> Json:
        """Something at central."""
        name = collection.removesuffix("s").replace("-", "_")
        made: Json = self.there("POST", f"/{collection}", {name: attributes}).of(201)[name]
        return made

    # Steps to what a test needs.

    def have_network(self, cidr: str = "10.0.0.0/24") -> None:
        """A network with a subnet, at central."""
        self.network = self.make("networks", name="net")
        self.subnet = self.make("subnets", network_id=self.network["id"], cidr=cidr, ip_version=4)

    def bring(self, path: str) -> None:
        """Have the region fetch something."""
        self.here("GET", path).of(200)

    def have_network_here(self, cidr: str = "10.0.0.0/24") -> None:
        """The network with its subnet, in the region too."""
        self.have_network(cidr)
        self.bring(f"/networks/{self.network['id']}")

    def boot(self, **attributes: Any) -> Answer:
        """Nova's first request for an instance's port."""
        return self.here("POST", "/ports", {"port": {"network_id": self.network["id"], **attributes}})

    def bind(self) -> Answer:
        """Nova's second request."""
        body = {"port": {"binding:host_id": HOST, "device_id": "vm", "device_owner": "compute:nova"}}
        return self.here("PUT", f"/ports/{self.port['id']}", body, SERVICE)

    def have_instance(self) -> None:
        """An instance's bound port on the network."""
        self.have_network_here()
        self.port = self.boot().of(201)["port"]
        self.bind().of(200)

    def have_router(self) -> None:
        """A router, and the network in the region."""
        self.have_network_here()
        self.router = self.make("routers", name="router")

    def attach(self) -> Answer:
        """Join the subnet to the router."""
        return self._router("add_router_interface", {"subnet_id": self.subnet["id"]})

    def detach(self) -> Answer:
        """Part them."""
        return self._router("remove_router_interface", {"subnet_id": self.subnet["id"]})

    def set_gateway(self, network_id: str | None) -> Answer:
        """Join the router to an external network, or to none."""
        info = {"network_id": network_id} if network_id else None
        return self.there("PUT", f"/routers/{self.router['id']}", {"router": {"external_gateway_info": info}})

    def _router(self, call: str, body: Json) -> Answer:
        return self.there("PUT", f"/routers/{self.router['id']}/{call}", body)

    def delete_instance_port(self, port_id: str = "") -> Answer:
        """An instance's port at central, which Neutron lets administrators do."""
        return self.cloud.central.call("DELETE", f"/ports/{port_id or self.port['id']}", caller=ADMIN)

    # The end.

    def delete_everything(self) -> None:
        """As its owner, what it sees at central, in an order that Neutron takes."""
        for floating_ip in self._list("floatingips"):
            self._delete("floatingips", floating_ip)
        for router in self._list("routers"):
            for port in self._list("ports"):
                if port["device_id"] == router["id"] and port["device_owner"].endswith("router_interface"):
                    path = f"/routers/{router['id']}/remove_router_interface"
                    self.there("PUT", path, {"port_id": port["id"]}).of(200)
            self._delete("routers", router)
        for port in self._list("ports"):
            if port["device_owner"].startswith("compute:"):  # Nova's to delete
                self.cloud.central.call("DELETE", f"/ports/{port['id']}", caller=ADMIN).of(204)
            else:
                self._delete("ports", port)
        for collection in ("networks", "security-groups"):
            for one in self._list(collection):
                if one["name"] != "default":
                    self._delete(collection, one)

    def _list(self, collection: str) -> list[Json]:
        path = f"/{collection}?project_id={self.caller.project_id}"
        found: list[Json] = self.there("GET", path).of(200)[collection.replace("-", "_")]
        return found

    def _delete(self, collection: str, one: Json) -> None:
        self.there("DELETE", f"/{collection}/{one['id']}").of(204)

    def forget(self) -> None:
        """Have an administrator delete the group that every project has."""
        for group in self._list("security-groups"):
            self.cloud.central.call("DELETE", f"/security-groups/{group['id']}", caller=ADMIN).of(204)
