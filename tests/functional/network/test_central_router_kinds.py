"""Distributed and highly available routers at central: asked of the regions, kept, and passed on."""

import typing
from unittest import mock

import pytest

from tests.functional.network.central_routers import RouterCase
from tricircle.regions.errors import RegionUnavailableError
from tricircle.regions.pods import Regions

BOTH = ("dvr", "l3-ha")


class KindCase(RouterCase):
    @pytest.fixture(autouse=True)
    def _regions(self):
        """By region, the aliases it answers; an exception is raised."""
        self.aliases: dict[str, typing.Any] = {"RegionOne": BOTH, "RegionTwo": BOTH}
        with mock.patch.object(Regions, "local", lambda _, pod_id: Region(self.aliases[self.names()[pod_id]])):
            yield

    def names(self):
        return {pod.pod_id: name for name, pod in self.pods.items()}

    def create(self, hints=(), **flags):
        body = {"name": "r", "project_id": self._project_id, "availability_zone_hints": list(hints), **flags}
        return self.new_create_request("routers", {"router": body}, as_admin=True).get_response(self.api)

    def change(self, router_id, **fields):
        request = self.new_update_request("routers", {"router": fields}, router_id, as_admin=True)
        return request.get_response(self.api)


class Region:
    """A region's Neutron, as far as its list of extensions."""

    def __init__(self, aliases):
        self.aliases = aliases

    def request(self, method, path):
        assert (method, path) == ("GET", "/extensions")
        if isinstance(self.aliases, Exception):
            raise self.aliases
        return {"extensions": [{"alias": alias} for alias in self.aliases]}


def message(response):
    assert response.status_int == 400
    return response.json["NeutronError"]["message"]


class TestKinds(KindCase):
    def test_a_router_is_of_neither_kind_unless_asked_and_then_no_region_is_asked(self):
        self.aliases = {}
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
        self.aliases["RegionTwo"] = ("router",)
        assert "RegionTwo" in message(self.create(ha=True))
        assert self.create(["RegionOne"], ha=True).status_int == 201

    def test_a_region_that_does_not_answer_is_named(self):
        self.aliases["RegionOne"] = RegionUnavailableError("connection refused")
        assert "region RegionOne" in message(self.create(["RegionOne"], ha=True))

    def test_only_a_router_that_is_down_becomes_another(self):
        router_id = self.create().json["router"]["id"]
        assert "admin_state_up" in message(self.change(router_id, ha=True))
        self.aliases["RegionTwo"] = ()
        assert "RegionTwo" in message(self.change(router_id, ha=True, admin_state_up=False))
        self.aliases["RegionTwo"] = BOTH
        assert self.change(router_id, ha=True, admin_state_up=False).json["router"]["ha"] is True
        assert self.change(router_id, admin_state_up=True, name="other").json["router"]["ha"] is True

    def test_only_a_router_that_was_down_becomes_distributed_or_centralized(self):
        router_id = self.create(["RegionOne"]).json["router"]["id"]
        assert "admin_state_up" in message(self.change(router_id, distributed=True, admin_state_up=False))
        self.change(router_id, admin_state_up=False)
        assert "admin_state_up" in message(self.change(router_id, distributed=True, admin_state_up=True))
        assert self.change(router_id, distributed=True).json["router"]["distributed"] is True
