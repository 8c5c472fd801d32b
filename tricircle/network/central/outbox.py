"""From changes to jobs: central's transaction and the job queue are two databases, and a crash may come between.

A change is written in central's own transaction (``record``) and becomes jobs after the commit (``deliver``). What a
crash leaves between the two, ``sweep`` delivers later. A change delivered twice makes one job too many, no harm.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron import changes
from tricircle.domain import requests as request_ids
from tricircle.domain.ages import Ages
from tricircle.domain.changes import Change
from tricircle.domain.errors import Invalid
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobRequest
from tricircle.domain.routings import ResourceType
from tricircle.network.central.records import Records

LOG = logging.getLogger(__name__)

BATCH_SIZE = 500
# Seconds for which a change is its own request's to deliver, perhaps together with more.
YOUNG = 5
# Seconds for which changes are kept when they have become jobs: longer than any database node lags behind.
KEEP_SECONDS = 3600

Numbered = tuple[int, Change]


class Outbox:
    """Changes on their way to the job queue."""

    def __init__(self, records: Records) -> None:
        """Nothing is read yet."""
        self._records = records
        self._ages = Ages()

    def record(self, context: Any, change: Change) -> int:
        """Write a change down, inside the transaction that makes it; answers its number, for ``deliver``."""
        return changes.record(context, change)

    def deliver(self, context: Any, numbers: Sequence[int]) -> None:
        """Make jobs of changes, when the transaction that is open in ``context`` is over, or at once.

        What fails here is left to the sweep: the caller's change stands.
        """
        if not numbers:
            return
        if db_api.is_session_active(context.session):
            _at_the_end(context.session, lambda: self._try(numbers))
        else:
            self._try(numbers)

    def deliver_about(self, context: Any, resource_id: str) -> None:
        """Make jobs of what is committed about one object, as ``deliver``."""
        if db_api.is_session_active(context.session):
            _at_the_end(context.session, lambda: self._try_about(resource_id))
        else:
            self._try_about(resource_id)

    def _try_about(self, resource_id: str) -> None:
        self._try(changes.numbers_about(n_context.get_admin_context(), resource_id))

    def _try(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        try:
            self._deliver(n_context.get_admin_context(), numbers)
        except db_exc.DBError:
            LOG.warning("Changes %s are recorded, and become jobs later", list(numbers), exc_info=True)

    def sweep(self) -> None:
        """Make jobs of every change that has been here for a while; drop those that became jobs long ago."""
        context = n_context.get_admin_context()
        old = self._ages.look(changes.newest(context), YOUNG)
        while self._deliver(context, up_to=old):
            continue
        while changes.purge(context, KEEP_SECONDS, BATCH_SIZE) == BATCH_SIZE:
            continue

    def _deliver(self, context: Any, numbers: Sequence[int] | None = None, up_to: int | None = None) -> bool:
        """Whether there may be more."""
        rows = changes.read(context, BATCH_SIZE, numbers, up_to)
        if not rows:
            return False
        self._enqueue(self._jobs(rows))
        changes.settle(context, [number for number, _ in rows])
        return numbers is None and len(rows) == BATCH_SIZE

    def _enqueue(self, requests: Sequence[JobRequest]) -> None:
        """All in one go; if one of them cannot be a job, each for itself, so that it stops none of the others."""
        try:
            self._records.enqueue(requests)
        except (Invalid, db_exc.DBDataError) as error:
            LOG.warning("A change cannot become a job, and is looked for: %s", error)
            for request in requests:
                self._enqueue_one(request)

    def _enqueue_one(self, request: JobRequest) -> None:
        try:
            self._records.enqueue([request])
        except (Invalid, db_exc.DBDataError) as error:
            LOG.error("%s of %s is shown as a job that failed: %s", request.type, dict(request.resource), error)
            self._records.park(request, f"central has changed it, and cannot tell the regions: {error}")

    def _jobs(self, rows: Sequence[Numbered]) -> list[JobRequest]:
        subjects: dict[str, set[str]] = {}
        for _, change in rows:
            subjects.setdefault(change.subject_type, set()).add(change.subject_id)
        present = {kind: self._records.pods_with(kind, ids) for kind, ids in subjects.items()}
        regions = {pod.pod_id: pod.region_name for pod in self._records.pods()}
        requests: list[JobRequest] = []
        for number, change in rows:
            pod_ids = present[change.subject_type].get(change.subject_id, set())
            told = {
                pod_id
                for pod_id, region in regions.items()
                if (pod_id in pod_ids or region == change.in_region) and region != change.except_region
            }
            requests += requests_of(number, change, told)
        return requests


def _at_the_end(session: Any, act: Any) -> None:
    """Call ``act`` when the session's transaction is over: whether it was committed, ``act`` sees by what is there.

    No other connection waits then for rows that this one holds. Neutron itself makes changes inside of a transaction of
    its own (``update_external_gateways``, say).
    """

    ends: list[bool] = []

    def ended(_session: Any, transaction: Any) -> None:
        if transaction.parent is None and not ends:
            ends.append(True)
            act()

    sa.event.listen(session, "after_transaction_end", ended)


def requests_of(number: int, change: Change, pod_ids: Iterable[str]) -> list[JobRequest]:
    """The jobs of one change whose subject is present in ``pod_ids``.

    A router may have to come to regions in which it is not yet: whatever changes it makes its one job.
    """
    if "pod_id" in KINDS[change.job_type].fields:
        resources = [{"pod_id": pod_id, change.field: change.resource_id} for pod_id in sorted(pod_ids)]
    else:
        needed = change.subject_type == ResourceType.ROUTER or any(pod_ids)
        resources = [{change.field: change.resource_id}] if needed else []
    ids = request_ids.known(change.request_id)
    return [JobRequest(change.job_type, resource, change.project_id, (number,), ids) for resource in resources]
