"""A region's database that is made anew, or comes from a backup, and central's: all converges, nothing alive goes."""

import datetime

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tests.functional.network.backups import Backup
from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase
from tests.functional.network.local_routers import L3_PLUGIN
from tricircle.db import incarnations
from tricircle.db.neutron import incarnations as own_incarnation
from tricircle.db.neutron.models import Incarnation
from tricircle.network.local import audit


class LivesCase(LifecycleCase):
    SERVICE_PLUGINS = ("revisions", "flavors", L3_PLUGIN)

    def setUp(self):
        super().setUp()
        self.agent()
        self.addCleanup(self.forget_life)
        self.net, self.sub = self.networked()
        self.vm = self.bind(self.boot(self.net["id"])["id"])
        self.up(self.vm["id"])
        self.settle()
        self.audit()
        self.audit()

    def forget_life(self):
        """The next test's region is another one."""
        pod_id = self.central.pods["RegionOne"].pod_id
        with self.central.tricircle.writer() as session:
            session.execute(sa.text("DELETE FROM incarnations WHERE pod_id = :pod"), {"pod": pod_id})

    def audit(self):
        """As if it were time."""
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audited_until": None})
        self.admin = n_context.get_admin_context()
        audit.run(self.admin, self.plugin._central, self.plugin._reporter)

    def incarnation(self):
        """What central takes for the region's present life."""
        with self.central.tricircle.reader() as session:
            current = incarnations.current(session, self.central.pods["RegionOne"].pod_id)
        assert current is not None
        return current.incarnation

    def there(self, port_id):
        return self.at_central("GET", f"/ports/{port_id}", caller=ADMIN)["port"]

    def ports_here(self):
        """Ids of the network's. A new life brings routers back, those of other tests among them, with their ports."""
        with db_api.CONTEXT_READER.using(self.admin):
            rows = self.admin.session.query(models_v2.Port.id).filter_by(network_id=self.net["id"])
            return {row.id for row in rows}

    def restore(self, backup):
        self.plugin._reporter.stop()
        backup.restore()
        self.admin = n_context.get_admin_context()

    def all_is_well(self):
        """The jobs are done, and an audit finds nothing."""
        self.work()
        self.audit()
        self.work()


class TestInstalledAnew(LivesCase):
    def test_central_forgets_what_it_believed_and_takes_nothing_back(self):
        pre_created = self.boot(self.net["id"])
        self.grow_old()
        before = self.incarnation()
        self.restore(Backup.empty(self.database_url))
        self.audit()
        assert self.incarnation() != before
        assert self.routings(self.net["id"]) == set()
        for port in (self.vm, pre_created):
            there = self.there(port["id"])
            assert (there["tricircle:region_name"], there["status"], there["binding:host_id"]) == ("", "DOWN", "")
        path = f"/remote-endpoints?id={self.net['id']}&region_name=RegionTwo"
        assert self.at_central("GET", path, caller=SERVICE)["remote_endpoints"][0]["endpoints"] == []
        self.worker.forget()

    def grow_old(self):
        """Let all of it be two hours old: beyond the age at which what was never made is taken back."""
        engine = sa.create_engine(self.central.database_url)
        long_ago = {"at": datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(hours=2)}
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE tricircle_port_locations SET created_at = :at"), long_ago)
        engine.dispose()
        with self.central.tricircle.writer() as session:
            session.execute(sa.text("UPDATE routings SET created_at = :at"), long_ago)

    def test_an_instance_that_boots_there_again_is_known_whatever_its_revision(self):
        self.raise_revision(self.vm["id"], 50)
        self.restore(Backup.empty(self.database_url))
        self.agent(vtep="172.30.0.77")
        self.audit()
        self.get("ports", self.vm["id"], caller=SERVICE)
        self.bind(self.vm["id"])
        self.up(self.vm["id"])
        self.settle()
        there = self.there(self.vm["id"])
        assert (there["tricircle:region_name"], there["status"]) == ("RegionOne", "ACTIVE")
        path = f"/remote-endpoints?id={self.net['id']}&region_name=RegionTwo"
        (table,) = self.at_central("GET", path, caller=SERVICE)["remote_endpoints"]
        assert {endpoint["vtep"] for endpoint in table["endpoints"]} == {"172.30.0.77"}

    def raise_revision(self, port_id, revision):
        """What the region has told of the port is far ahead of what it tells when it begins anew."""
        engine = sa.create_engine(self.central.database_url)
        with engine.begin() as connection:
            statement = sa.text("UPDATE tricircle_port_locations SET revision = :r WHERE port_id = :p")
            connection.execute(statement, {"r": revision, "p": port_id})
        engine.dispose()

    def test_a_report_is_news_before_the_first_audit(self):
        self.raise_revision(self.vm["id"], 50)
        self.restore(Backup.empty(self.database_url))
        self.agent(vtep="172.30.0.77")
        self.get("ports", self.vm["id"], caller=ADMIN)  # it is bound here, as central believes
        self.bind(self.vm["id"], host="host-1")
        self.settle()
        assert self.there(self.vm["id"])["binding:host_id"] == "host-1"

    def test_routers_come_back(self):
        body = {"router": {"name": "r"}}
        router = self.at_central("POST", "/routers", body, status=201)["router"]
        path = f"/routers/{router['id']}/add_router_interface"
        self.at_central("PUT", path, {"subnet_id": self.sub["id"]})
        self.worker.forget()
        self.restore(Backup.empty(self.database_url))
        self.get("networks", self.net["id"])
        self.worker.forget()
        self.audit()
        assert ("configure_route", router["id"]) in self.waiting_routers()

    def waiting_routers(self):
        found = []
        while (job := self.worker._queue.claim("test")) is not None:
            self.worker._queue.finish(job)
            found += [(str(job.type), job.resource["router_id"])] if "router_id" in job.resource else []
        return found


class TestRestored(LivesCase):
    def test_what_was_deleted_since_goes_and_what_was_made_since_stays_at_central(self):
        gone = self.bind(self.boot(self.net["id"])["id"])
        other, _ = self.networked()
        self.settle()
        backup = Backup.of(self.database_url)
        self.delete_at_central("ports", gone["id"])
        self.at_central("DELETE", f"/networks/{other['id']}", status=204)
        self.change_at_central("networks", self.net["id"], name="renamed")
        young = self.bind(self.boot(self.net["id"])["id"])
        self.settle()
        self.all_is_well()
        life = self.incarnation()
        self.restore(backup)
        assert gone["id"] in self.ids_here(models_v2.Port)
        self.audit()
        assert self.incarnation() != life, "it is known to come from a backup, though its own mark is the old one"
        self.all_is_well()
        assert gone["id"] not in self.ids_here(models_v2.Port)
        assert other["id"] not in self.ids_here()
        assert self.get("networks", self.net["id"])["name"] == "renamed"
        assert self.vm["id"] in self.ids_here(models_v2.Port), "what is alive stays"
        assert self.there(self.vm["id"])["status"] == "ACTIVE"
        assert self.there(young["id"])["tricircle:region_name"] == "", "it is here no more, and central keeps it"

    def test_the_vni_of_what_was_deleted_since_can_be_used_again(self):
        first = self.network()
        self.subnet(first)
        self.get("networks", first["id"])
        vni = self.at_central("GET", f"/networks/{first['id']}", caller=ADMIN)["network"]["provider:segmentation_id"]
        self.audit()
        backup = Backup.of(self.database_url)
        self.at_central("DELETE", f"/networks/{first['id']}", status=204)
        self.all_is_well()
        self.restore(backup)
        again = self.network(**{"provider:network_type": "vxlan", "provider:segmentation_id": vni})
        assert self.here("GET", f"/networks/{again['id']}").status == 409
        self.audit()
        self.all_is_well()
        self.get("networks", again["id"])

    def test_an_audit_that_was_answered_and_not_heard_of_does_no_harm(self):
        life, here = self.incarnation(), self.ports_here()
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audits": Incarnation.audits - 1})
        self.audit()
        assert self.incarnation() != life
        self.all_is_well()
        assert self.ports_here() == here
        assert self.there(self.vm["id"])["status"] == "ACTIVE"

    def test_two_servers_with_databases_of_their_own_and_one_name_destroy_nothing(self):
        """A wrong local_region_name."""
        backup = Backup.of(self.database_url)
        self.restore(Backup.empty(self.database_url))
        self.audit()  # the other server speaks
        self.work()
        self.restore(backup)
        self.audit()
        self.all_is_well()
        assert own_incarnation.current(self.admin) == self.incarnation()
        assert self.there(self.vm["id"])["status"] == "ACTIVE"
        assert self.routings(self.net["id"]) == {"RegionOne"}


class TestCentralRestored(LivesCase):
    def test_the_youngest_objects_are_shown_and_not_deleted(self):
        backup = Backup.of(self.central.database_url)
        young, _ = self.networked()
        port = self.bind(self.boot(young["id"])["id"])
        self.settle()
        self.audit()
        try:
            backup.restore()
            with self.assertLogs("tricircle.network.local.audit", "WARNING") as logged:
                self.audit()
            assert young["id"] in "".join(logged.output)
            assert self.worker.run() == [] or not [job for job in self.worker.run() if not job[1]]
            assert young["id"] in self.ids_here()
            assert port["id"] in self.ids_here(models_v2.Port)
            # What central knew goes on as before.
            self.change_at_central("networks", self.net["id"], name="renamed")
            assert self.get("networks", self.net["id"])["name"] == "renamed"
        finally:
            self.worker.forget()
