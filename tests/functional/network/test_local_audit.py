"""What got lost between central and a region, the audit finds, and jobs repair."""

import datetime
from unittest import mock

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib.db import api as db_api
from oslo_utils import uuidutils

from tests.functional.network.lifecycle import LifecycleCase
from tricircle.db import routings as routings_db
from tricircle.db.models import Incarnation as LifeOfRegion
from tricircle.db.neutron import copies
from tricircle.db.neutron.models import Incarnation, PortLocation
from tricircle.network.local import audit


class TestAudit(LifecycleCase):
    def audit(self):
        """One audit, as if it were time; answers the requests."""
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audited_until": None})
        with self.central.seen() as requests:
            audit.run(self.admin, self.plugin._central, self.plugin._reporter)
        return requests

    def test_lost_changes_and_deletions_are_found_with_one_request_and_repaired(self):
        network, subnet = self.networked()
        port = self.bind(self.boot(network["id"])["id"])
        self.settle()
        (group,) = port["security_groups"]
        for collection, id_ in (("networks", network["id"]), ("subnets", subnet["id"]), ("security-groups", group)):
            name = collection.removesuffix("s").replace("-", "_")
            self.at_central("PUT", f"/{collection}/{id_}", {name: {"description": "new"}})
        self.audit()
        self.delete_at_central("ports", port["id"])
        self.worker.forget()  # as if a table had been lost
        assert self.audit() == ["POST /v2.0/regional-audits"]
        self.work()
        assert port["id"] not in self.ids_here(models_v2.Port)
        for collection, id_ in (("networks", network["id"]), ("subnets", subnet["id"]), ("security-groups", group)):
            assert self.get(collection, id_)["description"] == "new", collection
        self.audit()
        assert self.worker.run() == []

    def test_a_port_that_central_was_never_told_of_is_found_deleted(self):
        network, _ = self.networked()
        with mock.patch.object(self.plugin._reporter, "wake"):
            port = self.boot(network["id"])
        assert self.routings(port["id"]) == set()
        self.delete_at_central("ports", port["id"])
        self.worker.forget()
        self.audit()
        self.work()
        assert port["id"] not in self.ids_here(models_v2.Port)
        assert self.routings(port["id"]) == set()

    def test_a_port_that_this_region_had_created_and_never_made_is_deleted_after_an_hour(self):
        network, _ = self.networked()
        self.audit()
        kept = self.boot(network["id"])
        asker = self.owner.context()
        with mock.patch.object(self.plugin._reporter, "wake"):
            lost, young = (
                self.plugin._central.create_ports(asker, [{"network_id": network["id"]}])[0]["id"] for _ in range(2)
            )
            unreported = self.boot(network["id"])
        self.age(lost, unreported["id"])
        self.audit()
        there = {port["id"] for port in self.ports_at_central(network)}
        assert lost not in there
        assert {kept["id"], young, unreported["id"]} <= there
        self.delete_at_central("ports", unreported["id"])  # else the next test's region never made it

    def age(self, *port_ids):
        """Let it be two hours since central made the ports."""
        engine, places = sa.create_engine(self.central.database_url), PortLocation.__table__
        now = datetime.datetime.now(datetime.UTC)
        with engine.begin() as connection:
            aged = places.update().where(places.c.port_id.in_(port_ids))
            connection.execute(aged.values(created_at=now.replace(tzinfo=None) - datetime.timedelta(hours=2)))
        engine.dispose()
        with self.central.tricircle.writer() as session:
            session.execute(sa.update(LifeOfRegion).values(since=now - datetime.timedelta(hours=3)))

    def test_a_lost_routing_is_recorded_again(self):
        network, _ = self.networked()
        with self.central.tricircle.writer() as session:
            routings_db.remove(session, top_ids=[network["id"]])
        self.audit()
        assert self.routings(network["id"]) == {"RegionOne"}

    def test_what_central_never_heard_of_stays(self):
        """A central database that was restored from a backup must not empty a region."""
        body = {"network": {"name": "young"}}
        young = self.here("POST", "/networks", body).of(201)["network"]
        with self.admin.session.begin():
            copies.add(self.admin, young["id"], "network", 3)
        with self.assertLogs("tricircle.network.local.audit", "WARNING") as logged:
            self.audit()
        assert young["id"] in logged.output[0]
        assert self.worker.run() == []
        assert young["id"] in self.ids_here()

    def test_only_regions_have_themselves_audited(self):
        copy = {"id": uuidutils.generate_uuid(), "resource_type": "network", "revision": 1}
        body = {"regional_audit": {"region_name": "RegionOne", "copies": [copy]}}
        assert self.central.call("POST", "/regional-audits", body, caller=self.owner).status == 404
