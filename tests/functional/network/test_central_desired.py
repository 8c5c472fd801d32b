"""Central says how a region should have objects, to whoever audits it: as a view would, and without a trace."""

import typing

import pytest
import sqlalchemy as sa
import webob.exc
from neutron.db import models_v2
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api

from tests.functional.network import declared_kind
from tests.functional.network.central import CentralCase, state
from tests.functional.network.central_routers import RouterCase
from tricircle.db import routings as routings_db
from tricircle.db.neutron.models import RegionalAddress, RouterPort
from tricircle.domain import copied_kinds, routers
from tricircle.network import exceptions

COUNTED = (models_v2.Port, models_v2.Network, RegionalAddress, RouterPort)


class DesiredMixin:
    plugin: typing.Any
    admin: typing.Any
    database: typing.Any

    def desired(self, region, kind, *ids):
        """By id, content and project; and the ids of what is deleted."""
        body = {"region_name": region, "resource_type": kind, "ids": list(ids), "nonce": "n"}
        answer = self.plugin.create_desired_copy(self.admin, {"desired_copy": body})
        assert answer["nonce"] == "n"
        return {one["id"]: one["content"] for one in answer["objects"]}, [one["id"] for one in answer["deleted"]]

    def traces(self):
        """How much there is of what a view records and reserves."""
        with db_api.CONTEXT_READER.using(self.admin):
            rows = [self.admin.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in COUNTED]
        with self.database.reader() as session:
            return [*rows, len(routings_db.find(session))]


class TestDesired(DesiredMixin, CentralCase):
    def test_as_a_view_says_for_each_region(self):
        network = self.network_of()
        subnet = self.subnet_of(network)
        port = self.port_of(network)
        asked = {"network_ids": [network["id"]], "port_ids": [port["id"]]}
        views = {region: self.view(region, **asked) for region in ("RegionOne", "RegionTwo")}
        for region, view in views.items():
            for kind in copied_kinds.all_kinds():
                shown = {one["id"]: one for one in view[kind.plural]} if kind.created else {}
                found, deleted = self.desired(region, kind.type, *shown)
                assert found.keys() == shown.keys(), kind.type
                assert deleted == []
                for id_, one in shown.items():
                    fields = [name for name in kind.followed if name in one and name != "security_group_rules"]
                    assert {name: found[id_][name] for name in fields} == {name: one[name] for name in fields}
                    assert found[id_].get("rbac_policies") == one.get("rbac_policies")
        gateways = {self.desired(region, "subnet", subnet["id"])[0][subnet["id"]]["gateway_ip"] for region in views}
        assert gateways == {"10.0.0.1", views["RegionTwo"]["subnets"][0]["gateway_ip"]}
        assert len(gateways) == 2

    def test_nothing_is_recorded_or_reserved(self):
        network = self.network_of()
        subnet, port = self.subnet_of(network), self.port_of(network)
        before = self.traces()
        for kind in copied_kinds.all_kinds():
            self.desired("RegionTwo", kind.type, network["id"], subnet["id"], port["id"], *port["security_groups"])
        assert self.traces() == before
        assert self.jobs() == []

    def test_what_is_deleted_and_what_is_unknown(self):
        network = self.network_of()
        gone = self.network_of()
        self._delete("networks", gone["id"], as_admin=True)
        unknown = "3f0c8c0e-5c2c-4a9e-a5b6-3d2f1f6f3c11"
        found, deleted = self.desired("RegionOne", "network", network["id"], gone["id"], unknown)
        assert (list(found), deleted) == ([network["id"]], [gone["id"]])

    def test_where_a_port_lives(self):
        port = self.port_of(self.network_of())
        self.report("RegionTwo", [state(port)])
        found, _ = self.desired("RegionOne", "port", port["id"])
        assert found[port["id"]]["tricircle:region_name"] == "RegionTwo"

    def test_a_kind_that_is_declared_later(self):
        body = {"subnetpool": {"name": "pool", "prefixes": ["10.0.0.0/16"], "tenant_id": self._project_id}}
        request = self.new_create_request("subnetpools", body, as_admin=True)
        pool = self.deserialize("json", request.get_response(self.api))["subnetpool"]
        with pytest.raises(n_exc.BadRequest, match="subnetpool"):
            self.desired("RegionOne", "subnetpool", pool["id"])
        with declared_kind.declared():
            found, _ = self.desired("RegionOne", "subnetpool", pool["id"])
        assert found[pool["id"]]["prefixes"] == ["10.0.0.0/16"]

    def test_of_a_region_that_is_none(self):
        with pytest.raises((exceptions.UnknownRegion, webob.exc.HTTPClientError)):
            self.desired("RegionNine", "network")


class TestDesiredRouters(DesiredMixin, RouterCase):
    def test_a_part_is_what_its_job_gets_once_it_is_reserved(self):
        subnets = [self.subnet_in("RegionOne"), self.subnet_in("RegionTwo", cidr="10.0.2.0/24")]
        router_id = self.router_of(*subnets)
        before = self.traces()
        assert self.desired("RegionOne", "router", router_id) == ({}, [])
        assert self.traces() == before
        for region in ("RegionOne", "RegionTwo"):
            self.part(router_id, region)
        before = self.traces()
        for region in ("RegionOne", "RegionTwo"):
            found, _ = self.desired(region, "router", router_id)
            part = self.part(router_id, region)["router"]
            assert routers.from_json(found[router_id]) == routers.from_json(part)
        assert self.traces() == before

    def test_of_a_router_that_is_gone_and_one_that_leaves_the_region(self):
        subnet = self.subnet_in("RegionOne")
        router_id = self.router_of(subnet)
        self.part(router_id, "RegionOne")
        assert self.desired("RegionTwo", "router", router_id) == ({router_id: None}, [])
        self._router_interface_action("remove", router_id, subnet["id"], None, as_admin=True)
        assert self.desired("RegionOne", "router", router_id) == ({router_id: None}, [])
        self._delete("routers", router_id, as_admin=True)
        assert self.desired("RegionOne", "router", router_id) == ({}, [router_id])
