"""A worker of the job queue for tests of the region's plugin: the real handlers, central over HTTP, the region in this
process.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from keystoneauth1 import session, token_endpoint

from tests.functional.network.identity import TRICIRCLE
from tricircle.db import pods as pods_db
from tricircle.domain.errors import TricircleError
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobType
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.jobs import handlers
from tricircle.jobs.queue import JobQueue
from tricircle.regions import errors
from tricircle.regions.neutron import Neutron
from tricircle.regions.protocols import NeutronServer, Regions


class Region(NeutronServer):
    """The region's Neutron, in this process."""

    name = "RegionOne"

    def __init__(self, case: Any) -> None:
        self._case = case
        self.away = False
        self.requests: list[str] = []

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        params: Mapping[str, Any] | None = None,
        token: str | None = None,
        vouch: bool = True,
        repeatable: bool = False,
    ) -> Json:
        assert params is None
        assert token is None, "jobs ask in Tricircle's own name"
        if self.away:
            raise errors.RegionUnavailableError("RegionOne does not answer")
        self.requests.append(f"{method} {path}")
        # In a thread of its own, as one request may come in the middle of another.
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self._case.here, method, path, json, caller=TRICIRCLE).result()
        if answer.status >= 400:
            raise errors.refusal(answer.status, str(answer.body), answer.body["NeutronError"]["type"])
        body: Json = answer.body
        return body


class Worker(Regions):
    """Runs the jobs of RegionOne, and forgets those of other regions."""

    def __init__(self, case: Any) -> None:
        self._server = case.central
        self.region = Region(case)
        self._queue = JobQueue(case.central.tricircle)
        self._failed: list[str] = []
        self._handlers = handlers.build(self, case.central.tricircle)

    # What the handlers ask of regions.

    @property
    def vxlan_mode(self) -> str:
        return "p2p"

    def pod(self, pod_id: str) -> Pod:
        with self._server.tricircle.reader() as session:
            return pods_db.get(session, pod_id)

    def central(self) -> Neutron:
        own = session.Session(token_endpoint.Token(self._server.url, TRICIRCLE.token))
        return Neutron(own, None, endpoint=self._server.url)

    def local(self, pod_id: str) -> NeutronServer:
        return self.region

    # What tests ask for.

    def forget(self) -> None:
        """Let nothing wait that was asked for until now."""
        while (job := self._queue.claim("test")) is not None:
            self._queue.finish(job)

    def give_up(self) -> None:
        """Delete the jobs that failed."""
        for job_id in self._failed:
            self._queue.delete(job_id)
        self._failed.clear()

    def waiting(self, region_name: str) -> list[str]:
        """Types of the jobs of a region, which then wait no more."""
        pod_id, types = self._server.pods[region_name].pod_id, []
        while (job := self._queue.claim("test")) is not None:
            self._queue.finish(job)
            types += [str(job.type)] if job.resource.get("pod_id") == pod_id else []
        return types

    def run(self) -> list[tuple[JobType, str]]:
        """Run what waits, and again what failed before; answers types and errors of the jobs of RegionOne."""
        for job_id in self._failed:  # the time of their back-off is over
            self._queue.redo(job_id)
        self._failed.clear()
        mine = self._server.pods["RegionOne"].pod_id
        done: list[tuple[JobType, str]] = []
        while (job := self._queue.claim("test")) is not None:
            error = ""
            if job.resource.get("pod_id", mine) == mine:
                try:
                    self._handlers[job.type](KINDS[job.type].make_payload(job.resource, job.changes, job.request_ids))
                except TricircleError as failure:
                    error = str(failure)
                done.append((job.type, error))
            if error:
                self._queue.fail(job, error, retry_in=None)
                self._failed.append(job.id)
            else:
                self._queue.finish(job)
        return done
