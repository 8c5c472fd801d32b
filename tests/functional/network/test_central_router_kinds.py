"""Distributed and highly available routers at central: where regions have told that they have them, and passed on."""

import requests_mock
import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tests.functional.network.central_routers import RouterCase
from tricircle.db.neutron import capabilities
from tricircle.db.neutron.models import RegionCapabilities

BOTH = ("dvr", "l3-ha")


class KindCase(RouterCase):
    def setUp(self):
        super().setUp()
        for region in ("RegionOne", "RegionTwo"):
            self.tell(region, *BOTH)

    def tell(self, region, *names):
        """What a region says with its audit."""
        self.audit(region, capabilities=list(names))

    def forget(self, region):
        with db_api.CONTEXT_WRITER.using(self.admin):
            row = RegionCapabilities
            self.admin.session.execute(sa.delete(row).where(row.pod_id == self.pods[region].pod_id))

    def create(self, hints=(), **flags):
        body = {"name": "r", "project_id": self._project_id, "availability_zone_hints": list(hints), **flags}
        return self.new_create_request("routers", {"router": body}, as_admin=True).get_response(self.api)

    def change(self, router_id, **fields):
        request = self.new_update_request("routers", {"router": fields}, router_id, as_admin=True)
        return request.get_response(self.api)


def message(response):
    assert response.status_int == 400
    return response.json["NeutronError"]["message"]


class TestKinds(KindCase):
    def test_a_router_is_of_neither_kind_unless_asked_and_then_no_region_need_have_told(self):
        self.forget("RegionOne")
        router = self.create().json["router"]
        assert (router["distributed"], router["ha"]) == (False, False)

    def test_ha_is_passed_on_to_every_region(self):
        router = self.create(ha=True).json["router"]
        for number, region in enumerate(("RegionOne", "RegionTwo"), 1):
            subnet = self.subnet_in(region, cidr=f"10.0.{number}.0/24")
            self._router_interface_action("add", router["id"], subnet["id"], None, as_admin=True)
        parts = [self.part(router["id"], region)["router"] for region in ("RegionOne", "RegionTwo")]
        assert [(part["ha"], part["distributed"]) for part in parts] == [(True, False)] * 2

    def test_distributed_is_passed_on_to_the_one_region(self):
        router = self.create(["RegionOne"], distributed=True).json["router"]
        subnet = self.subnet_in("RegionOne")
        self._router_interface_action("add", router["id"], subnet["id"], None, as_admin=True)
        assert self.part(router["id"], "RegionOne")["router"]["distributed"] is True

    def test_a_distributed_router_spans_no_regions(self):
        for hints in ((), ("az1",), ("RegionOne", "RegionTwo")):
            assert "cannot span regions" in message(self.create(hints, distributed=True))

    def test_a_region_that_has_no_such_routers_is_named(self):
        self.tell("RegionTwo", "of-a-newer-version")
        assert "RegionTwo" in message(self.create(ha=True))
        assert self.create(["RegionOne"], ha=True).status_int == 201

    def test_a_region_that_has_told_nothing_yet_is_named(self):
        self.forget("RegionOne")
        assert "region RegionOne, where the router may live, has not told yet" in message(self.create(ha=True))
        assert self.create(["RegionTwo"], ha=True).status_int == 201
        self.tell("RegionOne", *BOTH)
        assert self.create(ha=True).status_int == 201

    def test_no_region_is_asked_anything(self):
        with requests_mock.Mocker() as wire:  # no address answers
            router_id = self.create(ha=True).json["router"]["id"]
            assert self.change(router_id, ha=False, admin_state_up=False).status_int == 200
            assert self.create(["RegionOne"], distributed=True).status_int == 201
        assert wire.request_history == []

    def test_only_a_router_that_is_down_becomes_another(self):
        router_id = self.create().json["router"]["id"]
        assert "admin_state_up" in message(self.change(router_id, ha=True))
        self.tell("RegionTwo")
        assert "RegionTwo" in message(self.change(router_id, ha=True, admin_state_up=False))
        self.tell("RegionTwo", *BOTH)
        assert self.change(router_id, ha=True, admin_state_up=False).json["router"]["ha"] is True
        assert self.change(router_id, admin_state_up=True, name="other").json["router"]["ha"] is True

    def test_only_a_router_that_was_down_becomes_distributed_or_centralized(self):
        router_id = self.create(["RegionOne"]).json["router"]["id"]
        assert "admin_state_up" in message(self.change(router_id, distributed=True, admin_state_up=False))
        self.change(router_id, admin_state_up=False)
        assert "admin_state_up" in message(self.change(router_id, distributed=True, admin_state_up=True))
        assert self.change(router_id, distributed=True).json["router"]["distributed"] is True


class TestCapabilities(KindCase):
    def test_what_is_told_again_is_not_written_again(self):
        pod_ids = [pod.pod_id for pod in self.pods.values()]
        one = self.pods["RegionOne"].pod_id
        assert not capabilities.tell(self.admin, one, reversed(BOTH), pod_ids)
        assert capabilities.tell(self.admin, one, [], pod_ids)
        assert capabilities.of(self.admin, [one]) == {one: frozenset()}

    def test_a_region_of_an_older_version_says_nothing_and_takes_nothing_back(self):
        self.audit("RegionOne")
        assert self.create(["RegionOne"], ha=True).status_int == 201

    def test_what_is_known_of_a_pod_goes_after_it(self):
        kept, gone = (self.pods[name].pod_id for name in ("RegionOne", "RegionTwo"))
        capabilities.tell(self.admin, kept, ["dvr"], [kept])
        assert capabilities.of(self.admin, [kept, gone]) == {kept: frozenset({"dvr"})}

    def test_names_are_names(self):
        body = {"regional_audit": {"region_name": "RegionOne", "capabilities": ["no name"]}}
        assert self.call("POST", "regional-audits", body=body, caller="service").status_int == 400
        body["regional_audit"]["capabilities"] = ["backend:ovn", "l3-ha"]
        assert self.call("POST", "regional-audits", body=body, caller="service").status_int == 201
