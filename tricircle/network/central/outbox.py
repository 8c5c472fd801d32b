"""From changes to jobs: central's transaction and the job queue are two databases, and a crash may come between.

A change is written in central's own transaction (``record``) and becomes jobs after the commit (``deliver``). What a
crash leaves between the two, ``sweep`` delivers later. A change delivered twice makes one job too many, no harm.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from neutron_lib import context as n_context
from oslo_db import exception as db_exc

from tricircle.db.neutron import changes
from tricircle.domain.ages import Ages
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType
from tricircle.jobs.types import KINDS
from tricircle.network.central.records import Records

LOG = logging.getLogger(__name__)

BATCH_SIZE = 500
# Seconds for which a change is its own request's to deliver, perhaps together with more.
YOUNG = 5


class Outbox:
    """Changes on their way to the job queue."""

    def __init__(self, records: Records) -> None:
        """Nothing is read yet."""
        self._records = records
        self._ages = Ages()

    def record(self, context: Any, change: Change) -> int:
        """Write a change down, inside the transaction that makes it; answers its number, for ``deliver``."""
        return changes.record(context, change)

    def deliver(self, numbers: Sequence[int]) -> None:
        """Make jobs of changes that are committed. What fails here is left to the sweep: the caller's change stands."""
        if not numbers:
            return
        try:
            self._deliver(n_context.get_admin_context(), numbers)
        except db_exc.DBError:
            LOG.warning("Changes %s are recorded, and become jobs later", list(numbers), exc_info=True)

    def deliver_about(self, resource_id: str) -> None:
        """Make jobs of what is committed about one object."""
        self.deliver(changes.numbers_about(n_context.get_admin_context(), resource_id))

    def sweep(self) -> None:
        """Make jobs of every change that has been here for a while."""
        context = n_context.get_admin_context()
        old = self._ages.look(changes.newest(context), YOUNG)
        while self._deliver(context, up_to=old):
            continue

    def _deliver(self, context: Any, numbers: Sequence[int] | None = None, up_to: int | None = None) -> bool:
        """Whether there may be more."""
        rows = changes.read(context, BATCH_SIZE, numbers, up_to)
        if not rows:
            return False
        pending = [change for _, change in rows]
        self._note_deleted(pending)
        self._records.enqueue(self._jobs(pending))
        changes.delete(context, [number for number, _ in rows])
        return numbers is None and len(rows) == BATCH_SIZE

    def _note_deleted(self, pending: Sequence[Change]) -> None:
        """Have audits know, should the jobs get lost, which ports are deleted and not merely unknown.

        They go by routings. Of a port that its region has made, and not yet told of, there is none.
        """
        deleted = [change for change in pending if change.job_type is JobType.PORT_DELETE and change.in_region]
        for pod in self._records.pods() if deleted else ():
            ports = [
                (change.subject_type, change.subject_id, change.project_id)
                for change in deleted
                if change.in_region == pod.region_name and change.except_region != pod.region_name
            ]
            self._records.record(pod, ports)

    def _jobs(self, pending: Sequence[Change]) -> list[JobRequest]:
        subjects: dict[Any, set[str]] = {}
        for change in pending:
            subjects.setdefault(change.subject_type, set()).add(change.subject_id)
        present = {kind: self._records.pods_with(kind, ids) for kind, ids in subjects.items()}
        regions = {pod.pod_id: pod.region_name for pod in self._records.pods()}
        requests: dict[tuple[Any, ...], JobRequest] = {}
        for change in pending:
            pod_ids = present[change.subject_type].get(change.subject_id, set())
            told = {
                pod_id
                for pod_id, region in regions.items()
                if (pod_id in pod_ids or region == change.in_region) and region != change.except_region
            }
            for request in requests_of(change, told):
                requests[request.type, tuple(sorted(request.resource.items()))] = request
        return list(requests.values())


def requests_of(change: Change, pod_ids: Iterable[str]) -> list[JobRequest]:
    """The jobs of one change whose subject is present in ``pod_ids``.

    A router may have to come to regions in which it is not yet: whatever changes it makes its one job.
    """
    if "pod_id" in KINDS[change.job_type].fields:
        resources = [{"pod_id": pod_id, change.field: change.resource_id} for pod_id in sorted(pod_ids)]
    else:
        needed = change.subject_type == ResourceType.ROUTER or any(pod_ids)
        resources = [{change.field: change.resource_id}] if needed else []
    return [JobRequest(change.job_type, resource, change.project_id) for resource in resources]
