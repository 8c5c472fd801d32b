"""What each file of sentences runs against: the application on a database of its own."""

import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from gabbi.fixture import GabbiFixture

from tests.functional.api import keystone
from tests.functional.api.central import Central
from tests.functional.api.conftest import make_application
from tricircle.api.app import WsgiApplication
from tricircle.db import drifts, pods, routings, schema
from tricircle.db.engine import Database
from tricircle.db.types import read_clock
from tricircle.domain.copied_kinds import NETWORK, PORT, CopiedKind
from tricircle.domain.drifts import Difference, Drift, DriftState
from tricircle.domain.jobs import Job, JobRequest, JobType
from tricircle.domain.routings import NewRouting
from tricircle.jobs.queue import JobQueue

_current: list[WsgiApplication] = []


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The application of the file whose tests run now."""
    return _current[-1](environ, start_response)


class Application(GabbiFixture):
    """An application on an empty database."""

    max_limit = 1000

    def start_fixture(self) -> None:
        """Make it."""
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.database = Database(f"sqlite:///{folder}/tricircle.sqlite")
        self._stack.callback(self.database.dispose)
        schema.sync(self.database)
        self.central = Central(self._stack.enter_context(keystone.running()))
        _current.append(make_application(self.database, folder, default=f"pagination_max_limit = {self.max_limit}"))

    def stop_fixture(self) -> None:
        """Take it away."""
        _current.pop()
        self._stack.close()


class OnePod(Application):
    """With the pod RegionOne."""

    max_limit = 2

    def start_fixture(self) -> None:
        """Make it."""
        super().start_fixture()
        with self.database.writer() as session:
            self.pod_id = pods.create(session, region_name="RegionOne", az_name="az1").pod_id


class Drifts(OnePod):
    """With the central pod and RegionTwo; in RegionOne a network differs, a port is missing and another was mended."""

    max_limit = 1000

    def start_fixture(self) -> None:
        """Make it."""
        super().start_fixture()
        with self.database.writer() as session:
            pods.create(session, region_name="CentralRegion")
            pods.create(session, region_name="RegionTwo", az_name="az2")
            drifts.record(session, self.pod_id, [self._drift(PORT, "old", DriftState.STRAY)], repaired=True)
        with self.database.writer() as session:
            drifts.mend(session, self.pod_id, "port", read_clock(session) + timedelta(seconds=1))
            name = Difference("name", "a", "b")
            found = [self._drift(NETWORK, "net", DriftState.DIFFERS, name), self._drift(PORT, "p", DriftState.MISSING)]
            drifts.record(session, self.pod_id, found, repaired=False)

    def _drift(self, kind: CopiedKind, id_: str, state: DriftState, *differences: Difference) -> Drift:
        return Drift(
            resource_type=kind.type,
            resource_id=id_,
            project_id="p1",
            state=state,
            differences=differences,
            repair=kind.job(id_, "p1", self.pod_id),
        )


class Jobs(OnePod):
    """With one job in each state, and a network `net` of project `p1` in the pod; central has two more, one deleted."""

    max_limit = 1000

    def start_fixture(self) -> None:
        """Make it."""
        super().start_fixture()
        with self.database.writer() as session:
            pods.create(session, region_name="CentralRegion")
            routings.ensure(session, [NewRouting("net", "net", self.pod_id, "p1", "network")])
        self.central.add("networks", "net", "net-central")
        self.central.add("tombstones", "net-deleted")
        queue = JobQueue(self.database)
        self._put(queue, "net-done")
        queue.finish(self._take(queue))
        self._put(queue, "net-new")
        self._put(queue, "net-running")
        self._put(queue, "net-failed")
        taken = [self._take(queue) for _ in range(3)]
        for job in taken:
            if job.resource["network_id"] == "net-failed":
                queue.fail(job, "region is down", retry_in=3600)
            elif job.resource["network_id"] == "net-new":
                queue.release(job)

    def _put(self, queue: JobQueue, network_id: str) -> None:
        resource = {"pod_id": self.pod_id, "network_id": network_id}
        queue.enqueue([JobRequest(JobType.UPDATE_NETWORK, resource, "p1")])
        time.sleep(0.002)  # SQLite's clock counts milliseconds, and jobs are listed by age

    @staticmethod
    def _take(queue: JobQueue) -> Job:
        job = queue.claim("worker")
        assert job is not None
        return job
