"""What a region decides about ports, central knows."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from neutron_lib.plugins import utils

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import HOST, VTEP, LocalCase
from tricircle.network.local import reports


class ReportsCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.agent()
        self.net = self.network()
        self.sub = self.subnet(self.net)
        self.vm = self.boot(self.net["id"])

    def there(self):
        """The port at central, as an administrator sees it."""
        return self.at_central("GET", f"/ports/{self.vm['id']}", caller=ADMIN)["port"]

    def endpoints_for(self, region):
        path = f"/remote-endpoints?id={self.net['id']}&region_name={region}"
        (table,) = self.at_central("GET", path, caller=SERVICE)["remote_endpoints"]
        return table["endpoints"]


class TestBinding(ReportsCase):
    def test_host_owner_and_kind_of_interface_reach_central(self):
        here = self.bind(self.vm["id"])
        self.settle()
        there = self.there()
        for field in ("binding:host_id", "binding:vif_type", "binding:vnic_type", "device_id", "device_owner"):
            assert there[field] == here[field], field
        assert (there["binding:host_id"], there["binding:vif_type"]) == (HOST, "ovs")
        assert there["binding:vif_details"] == here["binding:vif_details"]

    def test_a_port_that_is_up_here_is_up_at_central_and_known_behind_its_host_s_vtep(self):
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        self.settle()
        assert self.there()["status"] == "ACTIVE"
        (address,) = self.vm["fixed_ips"]
        endpoint = {"mac_address": self.vm["mac_address"], "ip_address": address["ip_address"], "vtep": VTEP}
        assert self.endpoints_for("RegionTwo") == [endpoint]
        assert self.endpoints_for("RegionOne") == []

    def test_a_port_that_goes_down_is_no_endpoint_any_more(self):
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        self.plugin.update_port_status(self.admin, self.vm["id"], "DOWN", HOST)
        self.settle()
        assert self.there()["status"] == "DOWN"
        assert self.endpoints_for("RegionTwo") == []

    def test_a_port_moves_to_another_host_of_the_region(self):
        self.agent("host-2", "172.30.0.12")
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        self.settle()
        self.bind(self.vm["id"], "host-2")
        self.up(self.vm["id"], "host-2")
        self.settle()
        assert self.there()["binding:host_id"] == "host-2"
        assert [endpoint["vtep"] for endpoint in self.endpoints_for("RegionTwo")] == ["172.30.0.12"]

    def test_an_unbound_port_is_unbound_at_central(self):
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        body = {"port": {"binding:host_id": "", "device_id": "", "device_owner": ""}}
        self.here("PUT", f"/ports/{self.vm['id']}", body, caller=SERVICE).of(200)
        self.settle()
        there = self.there()
        assert (there["binding:host_id"], there["binding:vif_type"], there["status"]) == ("", "unbound", "DOWN")
        assert (there["device_id"], there["device_owner"]) == ("", "")

    def test_a_change_that_fails_is_not_reported(self):
        self.settle()
        body = {
            "port": {"binding:host_id": HOST, "fixed_ips": [{"subnet_id": self.sub["id"], "ip_address": "10.99.0.1"}]}
        }
        assert self.here("PUT", f"/ports/{self.vm['id']}", body, caller=ADMIN).status == 400
        assert self.reports() == []
        assert self.there()["binding:host_id"] == ""

    def test_ports_of_the_region_alone_are_not_reported(self):
        own = self.here("POST", "/networks", {"network": {"name": "mine"}}).of(201)["network"]
        port = self.boot(own["id"])
        self.settle()
        with self.central.seen() as requests:
            self.bind(port["id"])
            assert self.reports() == []
        assert requests == []


class TestBatches(ReportsCase):
    def test_many_ports_go_in_one_report(self):
        ports = [{"network_id": self.net["id"]} for _ in range(10)]
        made = self.here("POST", "/ports", {"ports": ports}).of(201)["ports"]
        self.settle()
        with mock.patch.object(self.plugin._reporter, "wake"):  # the thread sleeps: what follows is the sweep's
            for port in made:
                self.bind_quietly(port["id"])
        with self.central.seen() as requests:
            self.plugin._reporter.flush()
        assert requests == ["POST /v2.0/regional-reports"]
        hosts = {port["id"]: port["binding:host_id"] for port in self.ports_at_central(self.net)}
        assert {hosts[port["id"]] for port in made} == {HOST}

    def test_who_runs_with_a_port_central_knows_when_the_region_has_answered(self):
        """A service that has bound it here may look there next: Nova over cells, Octavia."""
        self.settle()
        with mock.patch.object(self.plugin._reporter, "wake"), self.central.seen() as requests:
            self.bind(self.vm["id"])
        assert requests == ["POST /v2.0/regional-reports"]
        there = self.there()
        assert (there["device_id"], there["device_owner"]) == ("instance", "compute:nova")
        assert there["binding:host_id"] == HOST

    def test_a_port_that_is_deleted_here_does_not_keep_its_network_at_central(self):
        self.settle()
        with mock.patch.object(self.plugin._reporter, "wake"):
            self.here("DELETE", f"/ports/{self.vm['id']}").of(204)
        self.at_central("DELETE", f"/networks/{self.net['id']}", status=204)

    def test_a_bulk_that_is_bound_one_by_one_is_told_at_once(self):
        self.settle()
        port = {"network_id": self.net["id"], "project_id": self.owner.project_id, "binding:host_id": HOST}
        with (
            mock.patch.object(reports, "PATIENCE", 0.05),
            mock.patch.object(reports, "LONGEST_PATIENCE", 0.1),
            self.central.seen() as requests,
        ):
            made = self.here("POST", "/ports", {"ports": [port] * 10}, caller=ADMIN).of(201)["ports"]
            self.await_reports()
        assert requests == ["POST /v2.0/ports", "POST /v2.0/regional-reports"]
        hosts = {port["id"]: port["binding:host_id"] for port in self.ports_at_central(self.net)}
        assert {hosts[port["id"]] for port in made} == {HOST}

    def test_a_dhcp_server_waits_for_the_instance(self):
        (server,) = self.here("GET", f"/ports?network_id={self.net['id']}&device_owner=network:dhcp", caller=ADMIN).of(
            200
        )["ports"]
        self.settle()
        with self.central.seen() as requests:
            self.bind_quietly(self.vm["id"])
            self.plugin.update_port(self.admin, server["id"], {"port": {"binding:host_id": HOST}})
            self.up(server["id"])
            self.up(self.vm["id"])
            self.await_reports()
        assert requests == ["POST /v2.0/regional-reports"]
        there = {port["id"]: port["status"] for port in self.ports_at_central(self.net)}
        assert there == {self.vm["id"]: "ACTIVE", server["id"]: "ACTIVE"}

    def test_a_binding_goes_with_the_status_that_follows(self):
        self.settle()
        with self.central.seen() as requests:
            self.bind_quietly(self.vm["id"])
            self.up(self.vm["id"])
            self.await_reports()
        assert requests == ["POST /v2.0/regional-reports"]
        there = self.there()
        assert (there["binding:host_id"], there["status"]) == (HOST, "ACTIVE")

    def test_a_binding_that_nothing_follows_is_told_too(self):
        self.settle()
        self.bind_quietly(self.vm["id"])
        self.await_reports()
        assert self.there()["binding:host_id"] == HOST

    def test_what_came_up_or_went_down_is_told_at_once(self):
        """However long a mere binding would wait for it."""
        self.settle()
        for name in ("PATIENCE", "LONGEST_PATIENCE"):
            patcher = mock.patch.object(reports, name, 3600)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.bind_quietly(self.vm["id"])
        assert self.reports()
        self.up(self.vm["id"])
        self.await_reports()
        assert self.there()["status"] == "ACTIVE"
        self.plugin.update_port_status(self.admin, self.vm["id"], "DOWN", HOST)
        self.await_reports()
        assert self.there()["status"] == "DOWN"

    def test_the_sweep_takes_what_it_has_seen_long_ago(self):
        """What is younger, the process that has written it sends itself, perhaps together with more."""
        self.settle()
        with mock.patch.object(self.plugin._reporter, "wake"):  # that process is dead
            self.bind_quietly(self.vm["id"])
        for _ in range(2):
            self.plugin._reporter.sweep()
            assert {port_id for port_id, _ in self.reports()} == {self.vm["id"]}
        with mock.patch.object(reports, "LEASE", 0):
            self.plugin._reporter.sweep()
        assert self.reports() == []
        assert self.there()["binding:host_id"] == HOST

    def await_reports(self):
        """Until the thread has told central, by itself."""
        deadline = time.monotonic() + 30
        while self.reports():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_of_reports_at_the_same_time_the_latest_stands(self):
        """The region's API and RPC servers each report what they did."""

        def report(revision):
            state = {"id": self.vm["id"], "revision": revision, "status": "ACTIVE", "host": f"host-{revision}"}
            state |= {"vif_type": "ovs", "device_id": "instance", "device_owner": "compute:nova"}
            body = {"regional_report": {"region_name": "RegionOne", "ports": [state]}}
            self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)

        for first in (1000, 2000, 3000):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(report, random.sample(range(first, first + 8), 8)))
            assert self.there()["binding:host_id"] == f"host-{first + 7}"


class TestGroups(LocalCase):
    def test_a_tenant_s_change_of_a_copied_group_is_refused_naming_central(self):
        group = self.at_central("POST", "/security-groups", {"security_group": {"name": "web"}}, status=201)[
            "security_group"
        ]
        rule = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
        # Not even asked for before: what the request names is brought, then guarded.
        answer = self.here("POST", "/security-group-rules", {"security_group_rule": rule})
        assert answer.status == 409
        assert "central Neutron" in answer.body["NeutronError"]["message"]
        (some_rule, *_) = self.get("security-groups", group["id"])["security_group_rules"]
        for method, path, body in (
            ("PUT", f"/security-groups/{group['id']}", {"security_group": {"name": "x"}}),
            ("DELETE", f"/security-groups/{group['id']}", None),
            ("DELETE", f"/security-group-rules/{some_rule['id']}", None),
        ):
            assert self.here(method, path, body).status == 409, (method, path)
        assert len(self.get("security-groups", group["id"])["security_group_rules"]) == len(
            group["security_group_rules"]
        )


class TestDhcpAgents(LocalCase):
    def test_the_first_takes_the_reserved_port_and_a_second_gets_one_from_central(self):
        network = self.network()
        subnet = self.subnet(network)
        self.get("networks", network["id"])
        (reserved,) = self.here("GET", f"/ports?network_id={network['id']}", caller=ADMIN).of(200)["ports"]
        body = {
            "network_id": network["id"],
            "name": "",
            "device_id": "dhcp-agent-1",
            "device_owner": "network:dhcp",
            "admin_state_up": True,
            "tenant_id": self.owner.project_id,
            "project_id": self.owner.project_id,
            "binding:host_id": HOST,
            "fixed_ips": [{"subnet_id": subnet["id"]}],
        }

        def create(device_id):
            desired = {"port": {**body, "device_id": device_id}}
            return utils.create_port(self.plugin, self.admin, desired, check_allow_post=False)

        first, second = create("dhcp-agent-1"), create("dhcp-agent-2")
        assert (first["id"], first["device_id"]) == (reserved["id"], "dhcp-agent-1")
        assert first["fixed_ips"] == reserved["fixed_ips"]
        there = {port["id"]: port for port in self.ports_at_central(network)}
        assert there.keys() == {first["id"], second["id"]}
        assert there[second["id"]]["fixed_ips"] == second["fixed_ips"]
        assert there[second["id"]]["mac_address"] == second["mac_address"]
