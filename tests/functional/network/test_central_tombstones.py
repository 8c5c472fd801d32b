"""What central says of deleted objects, what an administrator says of them, and how long it is remembered."""

import datetime
import time

import pytest
from neutron_lib.db import api as db_api
from oslo_utils import uuidutils

from tests.functional.network.central import CentralCase
from tests.functional.network.central_routers import RouterCase
from tricircle.db import routings as routings_db
from tricircle.db.neutron import tombstones
from tricircle.db.neutron.models import Tombstone
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import NewRouting
from tricircle.network import exceptions
from tricircle.network.extensions import _base, regional_audit

DAY = 86400


class TombstoneCase(CentralCase):
    def listed(self, params=None, caller="admin"):
        return self.call("GET", "tombstones", params=params, caller=caller).json["tombstones"]

    def show(self, id_, caller="admin"):
        return self.call("GET", "tombstones", id_, caller=caller)

    def say(self, id_, resource_type="network", caller="admin"):
        body = {"tombstone": {"id": id_, "resource_type": resource_type}}
        return self.call("POST", "tombstones", body=body, caller=caller)

    def deleted_network(self):
        network = self.network_of()
        self._delete("networks", network["id"], as_admin=True)
        return network

    def grow_old(self, id_, seconds):
        with db_api.CONTEXT_WRITER.using(self.admin):
            row = self.admin.session.get(Tombstone, id_)
            row.deleted_at -= datetime.timedelta(seconds=seconds)


class TestReading(TombstoneCase):
    def test_administrators_and_services_see_what_was_deleted_and_when(self):
        network = self.deleted_network()
        for caller in ("admin", "service"):
            (shown,) = self.listed(f"id={network['id']}", caller)
            assert (shown["id"], shown["resource_type"]) == (network["id"], "network")
            assert shown["project_id"] == network["project_id"]
            moment = datetime.datetime.strptime(shown["deleted_at"], "%Y-%m-%dT%H:%M:%SZ")
            assert abs(datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - moment).total_seconds() < 60
            assert self.show(network["id"], caller).json["tombstone"] == shown
        for id_ in (None, network["id"]):
            assert self.call("GET", "tombstones", id_, caller="member").status_int == 404

    def test_what_is_there_or_unknown_has_none(self):
        network = self.network_of()
        for id_ in (network["id"], uuidutils.generate_uuid()):
            assert self.listed(f"id={id_}") == []
            assert self.show(id_).status_int == 404

    def test_without_ids_the_youngest_are_listed_by_type_if_wanted(self):
        old, young = self.deleted_network()["id"], self.deleted_network()["id"]
        self.grow_old(old, DAY)
        assert [one["id"] for one in self.listed("resource_type=network")] == [young, old]
        assert self.listed("resource_type=port") == []
        assert {one["id"] for one in self.listed()} >= {old, young}
        assert self.listed(f"id={old}&resource_type=port") == []

    def test_none_is_changed_or_deleted(self):
        id_ = self.deleted_network()["id"]
        assert self.call("DELETE", "tombstones", id_).status_int == 405
        body = {"tombstone": {"resource_type": "port"}}
        assert self.call("PUT", "tombstones", id_, body).status_int == 405
        assert self.show(id_).status_int == 200


class TestMaking(TombstoneCase):
    def test_only_administrators_make_them(self):
        id_ = uuidutils.generate_uuid()
        for caller in ("service", "member"):
            assert self.say(id_, caller=caller).status_int == 404
        made = self.say(id_).json["tombstone"]
        assert (made["id"], made["resource_type"], made["project_id"]) == (id_, "network", "")
        assert self.say(id_).json["tombstone"] == made

    def test_the_types_are_those_of_which_regions_have_copies(self):
        answer = self.say(uuidutils.generate_uuid(), "floatingip")
        assert answer.status_int == 400
        for kind in ("network", "subnet", "port", "router", "security_group", "address_group"):
            assert kind in answer.text
            assert self.say(uuidutils.generate_uuid(), kind).status_int == 201

    def test_what_central_has_is_refused_whatever_it_is_called(self):
        port = self.port_of(self.network_of())
        for kind in ("port", "network"):
            answer = self.say(port["id"], kind)
            assert answer.status_int == 409
            assert port["id"] in answer.text
        assert tombstones.of(self.admin, [port["id"]]) == {}

    def test_what_was_of_another_type_is_refused(self):
        id_ = self.deleted_network()["id"]
        assert self.say(id_, "port").status_int == 409
        assert self.show(id_).json["tombstone"]["resource_type"] == "network"

    def test_the_next_audit_has_the_copy_removed(self):
        """Also where nothing is left of its routing."""
        id_, pod = uuidutils.generate_uuid(), self.pods["RegionOne"]
        body = {
            "region_name": "RegionOne",
            "copies": [{"id": id_, "resource_type": "network", "revision": 3}],
        }
        audit = {"regional_audit": _base.filled(regional_audit.ATTRIBUTES["regional_audits"], **body)}
        assert self.plugin.create_regional_audit(self.admin, audit)["unknown_ids"] == [id_]
        self.say(id_)
        assert self.plugin.create_regional_audit(self.admin, audit)["differing_ids"] == [id_]
        assert self.jobs() == [(JobType.UPDATE_NETWORK, {"pod_id": pod.pod_id, "network_id": id_})]
        assert self.view("RegionOne", network_ids=[id_])["deleted"] == [{"id": id_, "resource_type": "network"}]

    def test_it_is_of_the_project_of_which_a_region_has_the_object(self):
        id_ = uuidutils.generate_uuid()
        with self.database.writer() as session:
            routings_db.ensure(session, [NewRouting(id_, id_, self.pods["RegionOne"].pod_id, "owner", "network")])
        assert self.say(id_).json["tombstone"]["project_id"] == "owner"


class TestRouters(RouterCase):
    def test_a_part_that_a_region_shall_have_is_no_deleted_router(self):
        router_id = self.router_of(self.subnet_in("RegionOne"))
        part_id = self.part(router_id, "RegionOne")["id"]
        assert part_id != router_id
        body = {"tombstone": {"id": part_id, "resource_type": "router"}}
        with pytest.raises(exceptions.StillThere):
            self.plugin.create_tombstone(self.admin, body)


class TestPurge(TombstoneCase):
    def purge(self, hours=0.0):
        now = time.monotonic() + hours * 3600
        self.plugin._tombstones._clock = lambda: now
        self.plugin.sweep()

    def known(self, *ids):
        return set(tombstones.of(self.admin, ids))

    def test_what_no_region_has_any_more_is_forgotten_after_a_week(self):
        young, old, routed = (self.deleted_network()["id"] for _ in range(3))
        self.grow_old(young, 6 * DAY)
        self.grow_old(old, 8 * DAY)
        self.grow_old(routed, 8 * DAY)
        with self.database.writer() as session:
            new = NewRouting(routed, routed, self.pods["RegionOne"].pod_id, "owner", "network")
            routings_db.ensure(session, [new])
        self.purge()
        assert self.known(young, old, routed) == {young, routed}
        self.plugin._records.forget("network", [routed])
        self.purge(0.5)
        assert self.known(routed) == {routed}, "an hour is not over"
        self.purge(1.1)
        assert self.known(young, routed) == {young}

    def test_the_option_says_how_long(self):
        id_ = self.deleted_network()["id"]
        self.grow_old(id_, 2 * DAY)
        self.plugin._tombstones._retention = DAY
        self.purge()
        assert self.known(id_) == set()
