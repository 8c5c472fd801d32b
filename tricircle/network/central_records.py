"""What central Neutron keeps in Tricircle's own database: pods, routings, jobs."""

from collections.abc import Collection, Iterable

from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.pods import Pod
from tricircle.domain.routings import NewRouting, ResourceType
from tricircle.jobs.queue import JobQueue


class Records:
    """Reads and writes of one Neutron server. Each call is a transaction of its own, never inside one of Neutron's."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database
        self._queue = JobQueue(database)

    def pods(self) -> list[Pod]:
        """Every pod, the central one among them."""
        with self._database.reader() as session:
            return list(pods_db.list_all(session))

    def record(self, pod: Pod, objects: Iterable[tuple[ResourceType, str, str]]) -> set[tuple[ResourceType, str]]:
        """Note that objects (type, id, project id) are, or are about to be, in ``pod``.

        Answers those that are new there.
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
        new = self._database.write(lambda session: routings_db.ensure(session, routings))
        return {(ResourceType(routing.resource_type), routing.top_id) for routing in new}

    def pods_with(self, resource_type: ResourceType, object_ids: Collection[str]) -> dict[str, set[str]]:
        """Pod ids by the id of the objects that are present there."""
        with self._database.reader() as session:
            found = routings_db.find(session, top_ids=object_ids, resource_type=resource_type)
        present: dict[str, set[str]] = {}
        for routing in found:
            present.setdefault(routing.top_id, set()).add(routing.pod_id)
        return present

    def forget(self, resource_type: ResourceType, object_ids: Collection[str], pod_id: str | None = None) -> None:
        """The objects are gone from ``pod_id`` (None: from everywhere)."""
        if object_ids:
            self._database.write(
                lambda session: routings_db.remove(
                    session, top_ids=object_ids, pod_id=pod_id, resource_type=resource_type
                )
            )

    def enqueue(self, requests: Iterable[JobRequest]) -> None:
        """Put jobs into the queue, in one go."""
        requests = list(requests)
        if requests:
            self._queue.enqueue(requests)

    def enqueue_in_pods(
        self, job_type: JobType, resource_type: ResourceType, object_id: str, project_id: str, *, field: str
    ) -> None:
        """A job for each pod in which the object is present; ``field`` is the resource's name of its id."""
        pod_ids = self.pods_with(resource_type, [object_id]).get(object_id, set())
        self.enqueue(
            JobRequest(type=job_type, resource={"pod_id": pod_id, field: object_id}, project_id=project_id)
            for pod_id in sorted(pod_ids)
        )
