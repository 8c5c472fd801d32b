"""A region whose pod does not exist yet, or whose account is not the pod's: its API goes on with what is here."""

from unittest import mock

import sqlalchemy as sa
from oslo_utils import uuidutils

from tests.functional.network.identity import ADMIN
from tests.functional.network.local import LocalCase
from tricircle.db import models
from tricircle.network import seldom

# What only an administrator of Tricircle can do something about, and what nobody need know.
INTERNALS = ("pod create", "multiregion", "RegionNine", "127.0.0.1", "account", "role")


class NotJoinedCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(seldom._last.clear)
        seldom._last.clear()
        self.net = self.network()
        self.subnet(self.net)

    def assert_goes_on(self):
        id_ = self.net["id"]
        with self.assertLogs("tricircle.network.exceptions", "WARNING") as logged:
            own = self.here("POST", "/networks", {"network": {"name": "own"}}).of(201)["network"]
            for caller in (self.owner, ADMIN):
                listed = self.here("GET", "/networks", caller=caller).of(200)["networks"]
                assert [network["id"] for network in listed] == [own["id"]]
                listed = self.here("GET", f"/networks?id={id_}&id={own['id']}", caller=caller).of(200)["networks"]
                assert [network["id"] for network in listed] == [own["id"]]
                for collection in ("networks", "subnets", "ports", "security-groups"):
                    assert self.here("GET", f"/{collection}/{uuidutils.generate_uuid()}", caller=caller).status == 404
                    assert self.here("GET", f"/{collection}/{id_}", caller=caller).status == 404
                    assert self.here("DELETE", f"/{collection}/{id_}", caller=caller).status == 404
                assert self.here("GET", "/security-groups?name=web", caller=caller).status == 200
        assert len(logged.output) == 1, logged.output
        for body in (
            {"port": {"network_id": id_}},
            {"ports": [{"network_id": id_}] * 2},
        ):
            answer = self.here("POST", "/ports", body)
            assert answer.status == 503, answer
            message = answer.body["NeutronError"]["message"]
            assert "not joined" in message
            assert not [word for word in INTERNALS if word in message], message


class TestWithoutPod(NotJoinedCase):
    def options(self):
        options = super().options()
        return {**options, "tricircle": {**options["tricircle"], "local_region_name": "RegionNine"}}

    def test_what_is_here_is_shown_and_what_needs_central_says_so(self):
        self.assert_goes_on()

    def test_reports_wait(self):
        with mock.patch.object(self.plugin._reporter, "_send_all", wraps=self.plugin._reporter._send_all) as sent:
            assert self.plugin._reporter.flush() is True
        assert sent.call_count == 0


class TestOfAnotherAccount(NotJoinedCase):
    """The pod names an account that is not the one with which this region speaks."""

    def setUp(self):
        super().setUp()
        self.give_pod_to("somebody-else")
        self.addCleanup(self.give_pod_to, None)

    def give_pod_to(self, user_id):
        with self.central.tricircle.writer() as session:
            mine = models.Pod.pod_id == self.central.pods["RegionOne"].pod_id
            session.execute(sa.update(models.Pod).where(mine).values(user_id=user_id))

    def test_what_is_here_is_shown_and_what_needs_central_says_so(self):
        self.assert_goes_on()
