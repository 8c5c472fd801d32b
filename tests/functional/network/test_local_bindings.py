"""Bindings of ports (``/ports/{id}/bindings``), by which Nova migrates instances: at a region, and through central."""

import contextlib
import uuid

from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local import HOST, LocalCase
from tests.functional.network.served import TRICIRCLE, reaching, served

TARGET = "host-2"


class BindingsCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.subnet(self.net)
        self.agent()
        self.agent(host=TARGET, vtep="172.30.0.12")

    def vm(self):
        """An instance's port, bound on ``HOST``."""
        port = self.boot(self.net["id"])
        self.bind(port["id"])
        return port["id"]

    def host_at_central(self, port_id):
        return self.at_central("GET", f"/ports/{port_id}", caller=ADMIN)["port"]["binding:host_id"]


class TestHere(BindingsCase):
    def hosts(self, port_id):
        listed = self.here("GET", f"/ports/{port_id}/bindings", caller=SERVICE).of(200)["bindings"]
        return {binding["host"]: binding["status"] for binding in listed}

    def test_of_a_port_that_was_never_looked_at(self):
        for method, path, body, status in (
            ("GET", "", None, 200),
            ("POST", "", {"binding": {"host": TARGET}}, 201),
            ("GET", f"/{TARGET}", None, 404),
            ("PUT", f"/{TARGET}", {"binding": {"profile": {}}}, 404),
            ("PUT", f"/{TARGET}/activate", None, 404),
            ("DELETE", f"/{TARGET}", None, 404),
        ):
            port = self.port(self.net, caller=ADMIN, device_owner="compute:nova", device_id="vm")
            answer = self.here(method, f"/ports/{port['id']}/bindings{path}", body, caller=SERVICE)
            assert answer.status == status, (method, path, answer)
            assert port["id"] in self.ids_of_ports(), (method, path)
            if status == 404:
                assert answer.body["NeutronError"]["type"] == "PortBindingNotFound", answer

    def ids_of_ports(self):
        return {port["id"] for port in self.plugin.get_ports(self.admin, fields=["id"])}

    def test_of_a_port_that_is_nowhere(self):
        path = f"/ports/{uuid.uuid4()}/bindings"
        for method, more, body in (
            ("GET", "", None),
            ("GET", f"/{HOST}", None),
            ("POST", "", {"binding": {"host": HOST}}),
            ("PUT", f"/{HOST}", {"binding": {"profile": {}}}),
            ("PUT", f"/{HOST}/activate", None),
            ("DELETE", f"/{HOST}", None),
        ):
            answer = self.here(method, path + more, body, caller=SERVICE)
            assert answer.status == 404, (method, more, answer)
            assert answer.body["NeutronError"]["type"] == "PortNotFound"

    def test_central_knows_the_new_host_when_the_activation_is_answered(self):
        port_id = self.vm()
        self.here("POST", f"/ports/{port_id}/bindings", {"binding": {"host": TARGET}}, caller=SERVICE).of(201)
        assert self.hosts(port_id) == {HOST: "ACTIVE", TARGET: "INACTIVE"}
        assert self.host_at_central(port_id) == HOST
        self.here("PUT", f"/ports/{port_id}/bindings/{TARGET}/activate", caller=SERVICE).of(200)
        assert self.host_at_central(port_id) == TARGET
        self.here("DELETE", f"/ports/{port_id}/bindings/{HOST}", caller=SERVICE).of(204)
        assert self.hosts(port_id) == {TARGET: "ACTIVE"}

    def test_a_member_is_refused(self):
        port_id = self.vm()
        path = f"/ports/{port_id}/bindings"
        assert self.here("GET", path).body.get("bindings", []) == []
        assert self.here("POST", path, {"binding": {"host": TARGET}}).status == 403
        assert self.here("PUT", f"{path}/{HOST}/activate").status in (403, 404)
        assert self.hosts(port_id) == {HOST: "ACTIVE"}


class TestThroughCentral(BindingsCase):
    """Central passes them on to the region where the port lives."""

    @contextlib.contextmanager
    def central_reaches_this_region(self):
        with served(self.api) as url, reaching(self.central, url) as central:
            yield central

    def test_a_live_migration(self):
        port_id = self.vm()
        path = f"/ports/{port_id}/bindings"
        with self.central_reaches_this_region() as central:
            desired = {"binding": {"host": TARGET, "profile": {"migrating": True}}}
            made = central.call("POST", path, desired, caller=SERVICE).of(201)["binding"]
            assert made == self.here("GET", f"{path}/{TARGET}", caller=SERVICE).of(200)["binding"]
            assert (made["host"], made["status"], made["vif_type"]) == (TARGET, "INACTIVE", "ovs")
            for query in ("", f"?host={HOST}", "?fields=host&fields=status", "?limit=1"):
                there = central.call("GET", path + query, caller=SERVICE).of(200)["bindings"]
                assert there == self.here("GET", path + query, caller=SERVICE).of(200)["bindings"], query
            desired = {"binding": {"profile": {"a": 1}}}
            changed = central.call("PUT", f"{path}/{TARGET}", desired, caller=TRICIRCLE)  # Neutron has no policy for it
            assert changed.of(200)["binding"]["profile"] == {"a": 1}
            assert central.call("PUT", f"{path}/{TARGET}/activate", caller=SERVICE).of(200)["host"] == TARGET
            assert self.host_at_central(port_id) == TARGET
            central.call("DELETE", f"{path}/{HOST}", caller=SERVICE).of(204)
            (left,) = central.call("GET", path, caller=SERVICE).of(200)["bindings"]
            assert (left["host"], left["status"]) == (TARGET, "ACTIVE")

    def test_errors_are_the_region_s(self):
        port_id = self.vm()
        path = f"/ports/{port_id}/bindings"
        with self.central_reaches_this_region() as central:
            for method, more, body, who in (
                ("GET", "/nowhere", None, SERVICE),
                ("POST", "", {"binding": {"host": HOST}}, SERVICE),
                ("POST", "", {"binding": {"host": "no-agent"}}, SERVICE),
                ("PUT", "/nowhere", {"binding": {"profile": {}}}, SERVICE),
                ("PUT", f"/{HOST}/activate", None, SERVICE),
                ("PUT", "/nowhere/activate", None, SERVICE),
                ("DELETE", "/nowhere", None, SERVICE),
                ("GET", f"/{HOST}%2Factivate", None, SERVICE),
                ("POST", "", {"binding": {"host": TARGET}}, self.owner),
                ("GET", f"/{HOST}", None, self.owner),
            ):
                there = central.call(method, path + more, body, caller=who)
                here = self.here(method, path + more, body, caller=who)
                assert (there.status, there.body) == (here.status, here.body), (method, more, who)
                assert there.status >= 400
            for host in ("%2e%2e", "."):
                assert central.call("DELETE", f"{path}/{host}", caller=SERVICE).status in (404, 405), host

    def test_where_there_is_no_region_to_ask(self):
        nowhere = self.port(self.net, caller=ADMIN, device_owner="compute:nova", device_id="vm")
        port_id = self.vm()
        with self.central_reaches_this_region() as central:
            for method, more, body in (
                ("GET", "", None),
                ("POST", "", {"binding": {"host": HOST}}),
                ("PUT", f"/{HOST}/activate", None),
            ):
                answer = central.call(method, f"/ports/{nowhere['id']}/bindings{more}", body, caller=SERVICE)
                assert answer.status == 409, answer
                assert "no region" in answer.body["NeutronError"]["message"]
            unknown = central.call("GET", f"/ports/{uuid.uuid4()}/bindings", caller=SERVICE)
            assert unknown.body["NeutronError"]["type"] == "PortNotFound"
            stranger = Caller(uuid.uuid4().hex, ("member", "reader", "service"))
            assert central.call("GET", f"/ports/{port_id}/bindings", caller=stranger).status == 200
        with reaching(self.central, "http://127.0.0.1:1") as central:
            answer = central.call("GET", f"/ports/{port_id}/bindings", caller=SERVICE)
            assert answer.status == 503
            assert "RegionOne" in answer.body["NeutronError"]["message"]
            assert "127.0.0.1" not in str(answer.body)
