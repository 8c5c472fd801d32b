"""Ports of other regions in a region.

The table, and what its agents are told by Neutron's own ``l2population`` messages.
"""

from unittest import mock

import sqlalchemy as sa
from neutron.plugins.ml2.drivers.l2pop.rpc import L2populationAgentNotifyAPI, PortInfo
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import after
from tests.functional.network.local import HOST, VTEP, LocalCase
from tests.functional.network.worker import Worker
from tricircle.db.neutron.models import Copy
from tricircle.network.local import endpoints

FLOOD = constants.FLOODING_ENTRY
REMOTE = "172.30.0.22"


def endpoint(number, vtep=REMOTE):
    return {"mac_address": f"fa:16:3e:00:00:{number:02x}", "ip_address": f"10.0.0.{number}", "vtep": vtep}


def told(number):
    return PortInfo(mac_address=f"fa:16:3e:00:00:{number:02x}", ip_address=f"10.0.0.{number}")


class EndpointsCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.subnet(self.net)
        self.vni = self.at_central("GET", f"/networks/{self.net['id']}", caller=ADMIN)["network"][
            "provider:segmentation_id"
        ]
        self.get("networks", self.net["id"])
        self.add = self.watch("add_fdb_entries")
        self.remove = self.watch("remove_fdb_entries")
        self.update = self.watch("update_fdb_entries")

    def watch(self, method):
        patcher = mock.patch.object(L2populationAgentNotifyAPI, method, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def put(self, *endpoints, **kwargs):
        body = {"remote_endpoint": {"endpoints": list(endpoints)}}
        return self.here("PUT", f"/remote-endpoints/{self.net['id']}", body, **{"caller": SERVICE, **kwargs})

    def shown(self):
        answer = self.here("GET", f"/remote-endpoints/{self.net['id']}", caller=SERVICE)
        return answer.of(200)["remote_endpoint"]["endpoints"]

    def message(self, ports):
        return {self.net["id"]: {"segment_id": self.vni, "network_type": "vxlan", "ports": ports}}

    def said(self, watched):
        """The one message of a kind that was sent since the last look; None if none was."""
        calls = [call.args[2] for call in watched.call_args_list]
        watched.reset_mock()
        assert len(calls) <= 1
        return calls[0] if calls else None


class TestTable(EndpointsCase):
    def test_what_is_put_is_the_table_and_the_agents_are_told(self):
        self.put(endpoint(5), endpoint(6)).of(200)
        assert self.shown() == [endpoint(5), endpoint(6)]
        assert self.said(self.add) == self.message({REMOTE: [FLOOD, told(5), told(6)]})
        assert self.said(self.remove) is None

    def test_the_same_again_says_nothing(self):
        self.put(endpoint(5)).of(200)
        self.said(self.add)
        self.put(endpoint(5)).of(200)
        assert (self.said(self.add), self.said(self.remove), self.said(self.update)) == (None, None, None)

    def test_one_less_is_removed_and_its_tunnel_stays_for_the_others(self):
        self.put(endpoint(5), endpoint(6)).of(200)
        self.put(endpoint(6)).of(200)
        assert self.said(self.remove) == self.message({REMOTE: [told(5)]})
        assert self.shown() == [endpoint(6)]

    def test_the_last_one_takes_the_tunnel_with_it(self):
        self.put(endpoint(5)).of(200)
        self.put().of(200)
        assert self.said(self.remove) == self.message({REMOTE: [FLOOD, told(5)]})
        assert self.shown() == []

    def test_one_that_moved_is_added_where_it_is_now_and_never_removed_by_its_mac(self):
        self.put(endpoint(5), endpoint(6)).of(200)
        self.said(self.add)
        self.put(endpoint(5, "172.30.0.33"), endpoint(6)).of(200)
        assert self.said(self.add) == self.message({"172.30.0.33": [FLOOD, told(5)]})
        assert self.said(self.remove) is None

    def test_an_address_of_a_port_that_stays_goes_alone(self):
        second = {**endpoint(5), "ip_address": "fd00::5"}
        self.put(endpoint(5), second).of(200)
        self.put(endpoint(5)).of(200)
        gone = PortInfo(mac_address=second["mac_address"], ip_address="fd00::5")
        assert self.said(self.update) == {"chg_ip": {self.net["id"]: {REMOTE: {"before": [gone]}}}}
        assert self.said(self.remove) is None

    def test_nobody_but_tricircle_sees_or_sets_it(self):
        for caller in (self.owner, ADMIN):
            assert self.put(endpoint(5), caller=caller).status in (403, 404)
            assert self.here("GET", f"/remote-endpoints/{self.net['id']}", caller=caller).status in (403, 404)
        assert self.said(self.add) is None

    def test_a_network_of_the_region_alone_has_none(self):
        own = self.here("POST", "/networks", {"network": {"name": "mine"}}).of(201)["network"]
        body = {"remote_endpoint": {"endpoints": [endpoint(5)]}}
        answer = self.here("PUT", f"/remote-endpoints/{own['id']}", body, caller=SERVICE)
        assert answer.status == 404
        assert "not central's" in answer.body["NeutronError"]["message"]

    def test_what_is_no_endpoint_is_refused(self):
        for wrong in (
            {**endpoint(5), "vtep": "nowhere"},
            {**endpoint(5), "mac_address": "x"},
            {"ip_address": "10.0.0.5"},
        ):
            assert self.put(wrong).status == 400
        assert self.shown() == []

    def test_the_table_goes_with_its_network(self):
        self.put(endpoint(5)).of(200)
        self.here("DELETE", f"/networks/{self.net['id']}", caller=ADMIN).of(204)
        self.get("networks", self.net["id"])
        assert self.shown() == []

    def test_all_is_repeated_for_agents_that_lost_a_message(self):
        self.put(endpoint(5), endpoint(6, "172.30.0.33")).of(200)
        self.said(self.add)
        self.plugin._endpoints.resend(self.admin)
        assert self.said(self.add) == self.message({REMOTE: [FLOOD, told(5)], "172.30.0.33": [FLOOD, told(6)]})

    def test_what_is_removed_while_all_is_repeated_is_removed_after_it(self):
        """The message of its removal may have come before the one that repeated it."""
        self.put(endpoint(5), endpoint(6)).of(200)
        with after(self.plugin, "get_networks", lambda: self.put(endpoint(6)).of(200)):
            self.plugin._endpoints.resend(self.admin)
        assert [call.args[2] for call in self.remove.call_args_list] == [self.message({REMOTE: [told(5)]})] * 2

    def test_a_closed_tunnel_is_closed_again_until_it_is_in_use(self):
        self.put(endpoint(5), endpoint(6, "172.30.0.33")).of(200)
        self.put(endpoint(5)).of(200)
        self.said(self.remove)
        self.plugin._endpoints.resend(self.admin)
        assert self.said(self.remove) == self.message({"172.30.0.33": [FLOOD]})
        self.put(endpoint(5), endpoint(6, "172.30.0.33")).of(200)
        self.plugin._endpoints.resend(self.admin)
        assert self.said(self.remove) is None

    def test_it_is_not_remembered_for_ever(self):
        self.put(endpoint(5)).of(200)
        self.put().of(200)
        self.said(self.remove)
        with mock.patch.object(endpoints, "REMEMBER_SECONDS", -1):
            self.plugin._endpoints.resend(self.admin)
        assert self.said(self.remove) is None


class TestEntry(LocalCase):
    """A network enters a region: what is there elsewhere comes with it."""

    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.subnet(self.net)
        self.there = self.port(self.net, caller=ADMIN)
        self.report("ACTIVE", 1)

    def report(self, status, revision):
        state = {"id": self.there["id"], "revision": revision, "status": status, "host": "host-9", "vif_type": "ovs"}
        state |= {"device_id": "instance", "device_owner": "compute:nova", "vtep": REMOTE}
        body = {"regional_report": {"region_name": "RegionTwo", "ports": [state]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)

    def table(self):
        answer = self.here("GET", f"/remote-endpoints/{self.net['id']}", caller=SERVICE)
        return {(one["mac_address"], one["vtep"]) for one in answer.of(200)["remote_endpoint"]["endpoints"]}

    def test_with_one_request_and_no_job(self):
        worker = Worker(self)
        worker.forget()
        with self.central.seen() as requests:
            self.get("networks", self.net["id"])
        assert requests == ["POST /v2.0/regional-views"]
        assert self.table() == {(self.there["mac_address"], REMOTE)}
        assert "shadow_port_setup" not in worker.waiting("RegionOne")

    def test_a_table_that_came_later_stays_though_the_view_be_older(self):
        body = {"regional_view": {"region_name": "RegionOne", "network_ids": [self.net["id"]]}}
        view = self.at_central("POST", "/regional-views", body, caller=SERVICE, status=201)["regional_view"]
        self.report("DOWN", 2)
        put = {"remote_endpoint": {"endpoints": []}}
        self.here("PUT", f"/remote-endpoints/{self.net['id']}", put, caller=SERVICE).of(200)
        self.plugin._copies.make(self.admin, view)
        assert self.table() == set()

    def test_what_a_crash_left_half_made_gets_the_table_of_the_next_answer(self):
        with mock.patch.object(self.plugin._copies, "_create_subnet", side_effect=SystemExit):
            self.assertRaises(SystemExit, self.get, "networks", self.net["id"])
        self.report("DOWN", 2)
        self.expire_claims()
        self.get("networks", self.net["id"])
        assert self.table() == set()

    def expire_claims(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(
                sa.update(Copy)
                .where(Copy.claimed_until.is_not(None))
                .values(claimed_until=sa.func.current_timestamp() - sa.text("INTERVAL 1 SECOND"))
            )


class TestEntryWithoutJoining(LocalCase):
    """Mode ``noop``: another system joins the networks."""

    def options(self):
        options = super().options()
        options["client"]["cross_pod_vxlan_mode"] = "noop"
        return options

    def test_agents_hear_of_no_other_region(self):
        network = self.network()
        self.subnet(network)
        state = {"id": self.port(network, caller=ADMIN)["id"], "revision": 1, "status": "ACTIVE", "host": "host-9"}
        state |= {"vif_type": "ovs", "device_id": "instance", "device_owner": "compute:nova", "vtep": REMOTE}
        body = {"regional_report": {"region_name": "RegionTwo", "ports": [state]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)
        self.get("networks", network["id"])
        answer = self.here("GET", f"/remote-endpoints/{network['id']}", caller=SERVICE)
        assert answer.of(200)["remote_endpoint"]["endpoints"] == []


class TestAgents(EndpointsCase):
    """What Neutron tells an agent of a whole network, it tells of other regions too."""

    def setUp(self):
        super().setUp()
        self.agent()
        self.vm = self.boot(self.net["id"])
        self.bind(self.vm["id"])
        self.put(endpoint(55), endpoint(66)).of(200)
        self.said(self.add)

    def to_host(self):
        """Ports by VTEP of the messages to our host."""
        messages = [call.args[2] for call in self.add.call_args_list if HOST in (*call.args, *call.kwargs.values())]
        return [message[self.net["id"]]["ports"] for message in messages if self.net["id"] in message]

    def test_a_host_s_first_port_of_a_network_makes_the_remote_ones_known_to_it(self):
        self.up(self.vm["id"])
        (ports,) = self.to_host()
        assert ports[REMOTE] == [FLOOD, told(55), told(66)]

    def test_an_agent_that_restarts_is_told_again(self):
        self.up(self.vm["id"])
        self.add.reset_mock()
        self.plugin.update_port_status(self.admin, self.vm["id"], "BUILD", HOST)
        self.up(self.vm["id"])  # its agent's start_flag is set, as after every start
        assert any(REMOTE in ports for ports in self.to_host())

    def test_an_agent_that_was_away_when_a_tunnel_was_closed_closes_it(self):
        self.up(self.vm["id"])
        self.put().of(200)
        self.add.reset_mock()
        self.remove.reset_mock()
        self.plugin.update_port_status(self.admin, self.vm["id"], "BUILD", HOST)
        self.up(self.vm["id"])
        closed = self.message({REMOTE: [FLOOD]})
        for method in (self.add, self.remove):
            assert (closed, HOST) in [call.args[2:] for call in method.call_args_list]

    def test_local_and_remote_ports_are_told_together(self):
        self.agent("host-2", "172.30.0.12")
        other = self.boot(self.net["id"])
        self.bind(other["id"], "host-2")
        self.up(other["id"], "host-2")
        self.add.reset_mock()
        self.up(self.vm["id"])
        (ports,) = self.to_host()
        assert ports.keys() == {REMOTE, "172.30.0.12"}
        assert VTEP not in ports
