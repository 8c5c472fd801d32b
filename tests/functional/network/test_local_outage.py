"""Central is away: what needs it says so, what does not goes on, and afterwards all is as if nothing had been."""

import time

from neutron.db import models_v2

from tests.functional.network.identity import ADMIN
from tests.functional.network.local import LocalCase


class TestAway(LocalCase):
    def test_while_central_is_away_and_after_it_is_back(self):
        self.agent()
        known, unknown = self.network(), self.network()
        for network in (known, unknown):
            self.subnet(network)
        vm = self.boot(known["id"])
        gone = self.boot(known["id"])
        self.settle()
        with self.central.away():
            # What needs central says so, and leaves nothing half-made.
            for method, path, body in (
                ("GET", f"/networks/{unknown['id']}", None),
                ("POST", "/ports", {"port": {"network_id": known["id"]}}),
                ("POST", "/ports", {"ports": [{"network_id": known["id"]}] * 2}),
                ("PUT", f"/ports/{vm['id']}", {"port": {"name": "x"}}),
            ):
                answer = self.here(method, path, body)
                assert answer.status == 503, (method, path, answer)
                assert "Central Neutron is not available" in answer.body["NeutronError"]["message"]
            assert unknown["id"] not in self.ids_here()
            before = {vm["id"], gone["id"]}
            ports = self.here("GET", f"/ports?network_id={known['id']}", caller=ADMIN).of(200)["ports"]
            assert {port["id"] for port in ports if port["device_owner"] != "network:dhcp"} == before
            assert self.get("ports", vm["id"])["name"] == ""
            # What does not need it goes on: what is here is shown, bound, and deleted.
            self.get("networks", known["id"])
            assert self.bind(vm["id"])["binding:vif_type"] == "ovs"
            self.here("DELETE", f"/ports/{gone['id']}").of(204)
            self.plugin._reporter.flush()
            assert {port_id for port_id, _ in self.reports()} == {vm["id"], gone["id"]}
        self.settle(self.plugin._reporter.sweep)  # what was tried in vain does not wait to be old
        there = {port["id"]: port for port in self.ports_at_central(known)}
        assert there[vm["id"]]["binding:host_id"] == "host-1"
        assert gone["id"] not in there
        self.get("networks", unknown["id"])
        assert len(self.boot(unknown["id"])["fixed_ips"]) == 1


class TestSilent(LocalCase):
    CENTRAL_TIMEOUT = 4

    def test_a_central_that_answers_nothing_holds_nobody_longer_than_the_timeout(self):
        network = self.network()
        self.subnet(network)
        with self.central.frozen():
            started = time.monotonic()
            assert self.here("GET", f"/networks/{network['id']}").status == 503
            assert time.monotonic() - started < 20  # 4 s, on a machine that does other things too
        assert self.ids_here() == self.ids_here(models_v2.Port) == set()
        self.get("networks", network["id"])
