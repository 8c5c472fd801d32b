"""Ports that are made for a region: who may say so, and of which regions."""

from neutron.db import models_v2
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tests.functional.network.central import CentralCase
from tricircle.db import pods as pods_db


class TestRegions(CentralCase):
    def setUp(self):
        super().setUp()
        self.net = self.network_of()

    def make(self, region, caller="service", bulk=False, **attributes):
        port = {"network_id": self.net["id"], "project_id": self._project_id, "tricircle:region_name": region}
        body = {"ports": [{**port, **attributes}] * 2} if bulk else {"port": {**port, **attributes}}
        return self.call("POST", "ports", body=body, caller=caller)

    def set_pod(self, region, **changes):
        with self.database.writer() as session:
            pods_db.update(session, self.pods[region].pod_id, changes)

    def ports(self):
        with db_api.CONTEXT_READER.using(self.admin):
            return self.admin.session.query(models_v2.Port).count()

    def test_a_region_says_so(self):
        assert self.make("RegionOne").json["port"]["tricircle:region_name"] == "RegionOne"
        assert self.make("RegionOne", bulk=True).status_int == 201

    def test_nobody_else_does(self):
        for caller in ("member", "admin"):
            assert self.make("RegionOne", caller).status_int == 403

    def test_of_regions_that_there_are(self):
        for region in ("Nowhere", "CentralRegion"):
            for bulk in (False, True):
                answer = self.make(region, bulk=bulk)
                assert answer.status_int == 400
                assert region in answer.text
        assert self.ports() == 0

    def test_of_its_own(self):
        self.set_pod("CentralRegion", user_id="tricircle")
        self.set_pod("RegionOne", user_id="one")
        self.set_pod("RegionTwo", user_id="two")
        for speaker, expected in (("one", 201), ("tricircle", 201), ("two", 403), ("nova", 403)):
            service = n_context.Context(speaker, self._project_id, roles=["service"])
            for body in ({"port": {}}, {"ports": [{}]}):
                port = {"network_id": self.net["id"], "tricircle:region_name": "RegionOne"}
                sent = {name: [port] if isinstance(value, list) else port for name, value in body.items()}
                request = self.new_create_request("ports", sent)
                request.environ["neutron.context"] = service
                assert request.get_response(self.api).status_int == expected, speaker

    def test_nothing_new_is_made_in_a_region_that_is_drained_but_for_dhcp_servers(self):
        self.set_pod("RegionOne", draining=True)
        for bulk in (False, True):
            answer = self.make("RegionOne", bulk=bulk)
            assert answer.status_int == 409
            assert answer.json["NeutronError"]["type"] == "RegionDraining"
        assert self.ports() == 0
        assert self.make("RegionOne", device_owner="network:dhcp").status_int == 201
        assert self.make("RegionTwo").status_int == 201

    def test_who_names_none_is_not_asked(self):
        self.set_pod("RegionOne", draining=True)
        port = {"network_id": self.net["id"], "project_id": self._project_id}
        for body in ({"port": port}, {"ports": [port, port]}):
            assert self.call("POST", "ports", body=body, caller="member").status_int == 201
