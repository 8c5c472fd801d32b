"""Central is away: what needs it says so, what does not goes on, and afterwards all is as if nothing had been."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.functional.network.identity import ADMIN
from tests.functional.network.local import SETTLE_SECONDS, LocalCase
from tests.functional.network.served import THREADS, served


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
                assert "127.0.0.1" not in str(answer.body)
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
    """Central takes connections, and answers nothing, for longer than any of these tests lasts."""

    CENTRAL_TIMEOUT = 60
    # Seconds: less than one timeout, and more than a loaded machine takes for what takes five.
    SOON = 40

    def setUp(self):
        super().setUp()
        self.agent()
        self.net, self.unknown = self.network(), self.network()
        for network in (self.net, self.unknown):
            self.subnet(network)
        self.vm = self.boot(self.net["id"])
        self.settle()

    def needing_central(self):
        """What cannot be answered without central."""
        return (
            ("POST", "/ports", {"port": {"network_id": self.net["id"]}}),
            ("POST", "/ports", {"ports": [{"network_id": self.net["id"]}] * 2}),
            ("GET", f"/networks/{self.unknown['id']}", None),
            ("PUT", f"/ports/{self.vm['id']}", {"port": {"name": "x"}}),
            ("GET", f"/quotas/{self.owner.project_id}/details", None),
        )

    def needing_nothing(self):
        return (
            ("GET", f"/networks/{self.net['id']}", None),
            ("GET", f"/ports?network_id={self.net['id']}", None),
            ("GET", f"/ports/{self.vm['id']}", None),
            ("GET", "/security-groups?name=web", None),  # what is here, for as long as central says nothing
            ("GET", "/extensions", None),
        )

    def test_nobody_is_held_for_the_timeout(self):
        started = time.monotonic()
        with self.central.frozen():
            for method, path, body in self.needing_central():
                answer = self.here(method, path, body)
                assert answer.status == 503, (method, path, answer)
                assert "127.0.0.1" not in str(answer.body)
            for method, path, body in self.needing_nothing():
                assert self.here(method, path, body).status == 200, path
            assert self.bind(self.vm["id"])["binding:vif_type"] == "ovs"
            assert time.monotonic() - started < self.SOON
            assert self.ids_here() == {self.net["id"]}
        self.assert_back()

    def test_many_at_a_time_do_not_block_the_region(self):
        """There are more of them than the server has threads."""

        def send(url, request):
            method, path, body = request
            headers = {"X-Auth-Token": self.owner.token}
            response = requests.request(
                method, f"{url}/v2.0{path}", json=body, headers=headers, timeout=self.CENTRAL_TIMEOUT
            )
            return request, response.status_code

        with served(self.api) as url, ThreadPoolExecutor(4 * THREADS) as pool:
            started = time.monotonic()
            with self.central.frozen():
                asking = [pool.submit(send, url, request) for request in self.needing_central() * 4]
                for request in self.needing_nothing():
                    assert send(url, request)[1] == 200, request
                assert {status for _, status in (future.result() for future in asking)} == {503}
                # By now it is known to be away: there is nothing to wait for, in any thread.
                asking = [pool.submit(send, url, request) for request in self.needing_central() * 4]
                assert {status for _, status in (future.result() for future in asking)} == {503}
                assert time.monotonic() - started < self.SOON
        self.assert_back()

    def assert_back(self):
        """Central answers again: all works, and what was noted meanwhile arrives."""
        body = {"port": {"network_id": self.unknown["id"]}}
        deadline = time.monotonic() + SETTLE_SECONDS
        while (answer := self.here("POST", "/ports", body)).status == 503:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
        answer.of(201)
        for method, path, body in self.needing_central():
            assert self.here(method, path, body).status < 300, path
        self.settle(self.plugin._reporter.sweep)
