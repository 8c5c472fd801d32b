"""What central Neutron keeps in Tricircle's own database: pods, routings, jobs."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from oslo_utils import uuidutils
from sqlalchemy.orm import Session

from tricircle.db import incarnations as incarnations_db
from tricircle.db import jobs as jobs_db
from tricircle.db import pod_jobs
from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.incarnations import Incarnation
from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobType
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ARRIVAL_SECONDS, NewRouting, ResourceType
from tricircle.domain.wire import Reason
from tricircle.jobs.queue import JobQueue
from tricircle.network import exceptions

LOG = logging.getLogger(__name__)

# Seconds after which a job that was refused for good is tried again with an audit.
REFUSED_SECONDS = 300
_REFUSED = "What the region reports of the port is refused: "


class Records:
    """Reads and writes of one Neutron server. Each call is a transaction of its own, never inside one of Neutron's."""

    def __init__(self, database: Database, announce: Callable[[], None] | None = None) -> None:
        """Nothing is read yet. ``announce`` is called when jobs were put into the queue."""
        self._database = database
        self._announce = announce or (lambda: None)
        self._queue = JobQueue(database, announce=announce)

    def pods(self) -> list[Pod]:
        """Every pod, the central one among them; not those whose regions are gone for ever, and being forgotten."""
        with self._database.reader() as session:
            pods = pods_db.list_all(session)
            gone = pod_jobs.being_deleted(session) if any(pod.draining for pod in pods) else set()
        return [pod for pod in pods if pod.pod_id not in gone]

    def pod(self, region_name: str) -> Pod:
        """The pod of a region other than central's.

        :raises UnknownRegion: there is none.
        """
        return pod_of(self.pods(), region_name)

    def record(
        self,
        pod: Pod,
        objects: Iterable[tuple[str, str, str]],
        jobs: Mapping[str, Sequence[JobRequest]] | None = None,
    ) -> set[str]:
        """Note that objects (type, id, project id) are, or are about to be, in ``pod``; answers the ids new there.

        ``jobs``: what is to be done for an object, by its id, if it is new there; in the same transaction, so that a
        crash cannot leave the one without the other.
        """
        # Networks, subnets, ports and security groups have one id everywhere.
        routings = [
            NewRouting(
                top_id=object_id,
                bottom_id=object_id,
                pod_id=pod.pod_id,
                project_id=project_id,
                resource_type=resource_type,
            )
            for resource_type, object_id, project_id in objects
        ]
        if not routings:
            return set()

        def write(session: Session) -> set[str]:
            new = {routing.top_id for routing in routings_db.ensure(session, routings)}
            wanted = [job for object_id, its in (jobs or {}).items() if object_id in new for job in its]
            jobs_db.enqueue(session, wanted)
            return new

        new = self._database.write(write)
        if jobs:
            self._announce()
        return new

    def pods_with(self, resource_type: str, object_ids: Collection[str]) -> dict[str, set[str]]:
        """Pod ids by the id of the objects that are present there."""
        with self._database.reader() as session:
            found = routings_db.find(session, top_ids=object_ids, resource_type=resource_type)
        present: dict[str, set[str]] = {}
        for routing in found:
            present.setdefault(routing.top_id, set()).add(routing.pod_id)
        return present

    def parts(self, router_id: str) -> dict[str, str]:
        """Ids of the parts of a router, by pod id."""
        with self._database.reader() as session:
            found = routings_db.find(session, top_ids=[router_id], resource_type=ResourceType.ROUTER)
        return {routing.pod_id: routing.bottom_id for routing in found}

    def part(self, pod_id: str, router_id: str, project_id: str) -> str:
        """Id of a router's part in a pod. One that is not there yet gets its id now."""
        routing = NewRouting(
            top_id=router_id,
            bottom_id=uuidutils.generate_uuid(),
            pod_id=pod_id,
            project_id=project_id,
            resource_type=ResourceType.ROUTER,
        )
        known = self.parts(router_id)
        if pod_id not in known:
            self._database.write(lambda session: routings_db.ensure(session, [routing]))
            known = self.parts(router_id)
        return known[pod_id]

    def parts_in(self, pod_id: str, part_ids: Collection[str]) -> dict[str, str]:
        """Of the parts of routers that a pod has by these ids, the project ids."""
        with self._database.reader() as session:
            found = routings_db.find_local(session, part_ids, pod_id=pod_id, resource_type=ResourceType.ROUTER)
        return {routing.bottom_id: routing.project_id for routing in found}

    def present(self, pod: Pod, resource_type: str) -> list[tuple[str, str]]:
        """(id, project id) of central's objects that are in a pod."""
        with self._database.reader() as session:
            found = routings_db.find(session, pod_id=pod.pod_id, resource_type=resource_type)
        return [(routing.top_id, routing.project_id) for routing in found]

    def absent(
        self, pod: Pod, kinds: Iterable[str], listed: Collection[str], *, after: str, until: str
    ) -> dict[str, list[str]]:
        """By kind, what is recorded to be in a pod, with ids greater than ``after`` and up to ``until`` (empty: the
        last), and not ``listed``. What was recorded just now is left out: the pod may be making it.
        """
        with self._database.reader() as session:
            recorded = routings_db.older(session, pod.pod_id, ARRIVAL_SECONDS, after=after, until=until)
        return {
            kind: ids
            for kind in kinds
            if (ids := [id_ for id_, of_kind in recorded if of_kind == kind and id_ not in listed])
        }

    def still_routed(self, object_ids: Collection[str]) -> set[str]:
        """Those of the objects that are recorded to be in some pod."""
        with self._database.reader() as session:
            return {routing.top_id for routing in routings_db.find(session, top_ids=object_ids)}

    def project_of(self, object_id: str) -> str:
        """The project of an object that is, or was, in some pod; empty if nothing is recorded of it."""
        with self._database.reader() as session:
            return next((routing.project_id for routing in routings_db.find(session, top_ids=[object_id])), "")

    def router_of(self, part_id: str) -> str | None:
        """The router of which some pod has a part by this id."""
        with self._database.reader() as session:
            found = routings_db.find_local(session, [part_id], resource_type=ResourceType.ROUTER)
        return next((routing.top_id for routing in found), None)

    def forget(self, resource_type: str, object_ids: Collection[str], pod_id: str | None = None) -> None:
        """The objects are gone from ``pod_id`` (None: from everywhere)."""
        if object_ids:
            self._database.write(
                lambda session: routings_db.remove(
                    session, top_ids=object_ids, pod_id=pod_id, resource_type=resource_type
                )
            )

    def enqueue(self, requests: Iterable[JobRequest]) -> None:
        """Put jobs into the queue, in one go.

        :raises tricircle.domain.errors.Invalid: a resource is not its type's.
        """
        requests = list(requests)
        if requests:
            self._queue.enqueue(requests)

    def ask_again(self, pod: Pod) -> None:
        """Have jobs of the pod tried once more that its region, or central, has refused for good some time ago."""
        if self._database.write(lambda session: pod_jobs.ask_again(session, pod.pod_id, REFUSED_SECONDS)):
            self._queue.announce()

    def living(self, pod: Pod, incarnation: str) -> Incarnation:
        """The incarnation in which a region speaks, which it may have just begun.

        :raises OutdatedIncarnation: the region has begun another since.
        """
        with self._database.reader() as session:
            known = incarnations_db.current(session, pod.pod_id)
        if known is not None and known.incarnation == incarnation:
            return known
        found = self._database.write(lambda session: incarnations_db.register(session, pod.pod_id, incarnation))
        if found is None:
            raise exceptions.OutdatedIncarnation(region=pod.region_name, incarnation=incarnation)
        LOG.warning("Region %s speaks from a new database, incarnation %s", pod.region_name, incarnation)
        return found

    def note_audit(self, incarnation: str, number: int) -> None:
        """A region's audit of this number came to its end."""
        self._database.write(lambda session: incarnations_db.note_audit(session, incarnation, number))

    def show_refused(self, pod: Pod, refused: Iterable[Reason], reported: Iterable[str]) -> None:
        """Show ports of which a region's report cannot be written, as jobs that failed; those that could, no more."""
        reasons = {one["id"]: one["reason"] for one in refused}

        def request(port_id: str) -> JobRequest:
            return JobRequest(JobType.PORT_UPDATE, {"pod_id": pod.pod_id, "port_id": port_id}, NO_PROJECT)

        for port_id, reason in reasons.items():
            self.park(request(port_id), f"{_REFUSED}{reason}")
        written = [request(port_id) for port_id in reported if port_id not in reasons]
        if written:
            self._database.write(lambda session: jobs_db.drop_parked(session, written, _REFUSED))

    def park(self, request: JobRequest, error: str) -> None:
        """Show what cannot be a job as one that failed, for whoever looks for such."""
        self._database.write(lambda session: jobs_db.park(session, request, error))


def pod_of(pods: Iterable[Pod], region_name: str) -> Pod:
    """That of the region, which is not central's.

    :raises UnknownRegion: it is not among them.
    """
    for pod in pods:
        if pod.region_name == region_name and not pod.is_central:
            return pod
    raise exceptions.UnknownRegion(region=region_name)
