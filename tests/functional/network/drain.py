"""What tests of regions that are being drained share: this region is, by the job that does it."""

import contextlib

import sqlalchemy as sa
from neutron.tests.common import helpers
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase
from tests.functional.network.local_routers import L3_PLUGIN
from tricircle.db import jobs as jobs_db
from tricircle.db import pod_jobs
from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.db.neutron.models import Copy
from tricircle.domain.jobs import JobType


class DrainCase(LifecycleCase):
    SERVICE_PLUGINS = ("revisions", "flavors", L3_PLUGIN)

    def setUp(self):
        super().setUp()
        helpers.register_l3_agent(host="host-1")
        self.pod_id = self.central.pods["RegionOne"].pod_id
        self.addCleanup(self.drain, False)
        with self.central.tricircle.writer() as session:  # what other tests have left
            while routings_db.remove_some(session, self.pod_id, keep="", limit=500):
                continue
        for table in ("port_locations", "regional_addresses", "router_ports"):
            self.clear(f"tricircle_{table}")

    def clear(self, table):
        """Central forgets what it knows of this region from tests that ran before."""
        engine = sa.create_engine(self.central.database_url)
        with engine.begin() as connection:
            connection.execute(sa.text(f"DELETE FROM {table} WHERE region_name = 'RegionOne'"))
        engine.dispose()

    def drain(self, draining=True):
        with self.central.tricircle.writer() as session:
            pods_db.update(session, self.pod_id, {"draining": draining})

    @contextlib.contextmanager
    def paused(self):
        """Not drained while inside."""
        self.drain(False)
        try:
            yield
        finally:
            self.drain()

    def run_drain(self):
        """The job, with the other jobs for which it waits, until it gets no further; answers its last error."""
        request = pod_jobs.request(JobType.POD_DRAIN, self.pod_id, "-")
        with self.central.tricircle.writer() as session:
            jobs_db.enqueue(session, [request])
        errors = ["to begin with"]
        while len(errors) < 2 or (errors[-1] and errors[-1] != errors[-2]):
            self.settle()
            errors += [error for type_, error in self.worker.run() if type_ is JobType.POD_DRAIN]
        self.worker.give_up()
        return errors[-1]

    def left(self):
        """Of what kinds central says that something is in this region."""
        with self.central.tricircle.reader() as session:
            return routings_db.count(session, self.pod_id)

    def copies(self):
        """Types of the copies that this region says it has, or of which it has tombstones."""
        with db_api.CONTEXT_READER.using(self.admin):
            rows = self.admin.session.query(Copy.resource_type, Copy.deleted_at)
            return sorted((row.resource_type, row.deleted_at is not None) for row in rows)

    def counts(self):
        shown = self.at_central("GET", "/regional-pods/RegionOne", caller=SERVICE)["regional_pod"]
        return tuple(shown[name] for name in ("port_locations", "regional_addresses", "router_ports"))

    def look(self, network):
        """Have the network here."""
        return self.get("networks", network["id"], caller=ADMIN)
