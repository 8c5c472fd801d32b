"""From changes to jobs: central's transaction and the job queue are two databases, and a crash may come between.

A change is written in central's own transaction (``Outbox.record``), and becomes jobs by itself when that is committed.
What a crash leaves between the two, ``sweep`` delivers later. A change delivered twice makes one job too many, no harm.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from neutron_lib import context as n_context
from oslo_db import exception as db_exc

from tricircle.db.neutron import changes
from tricircle.domain import requests as request_ids
from tricircle.domain.ages import AgeTracker
from tricircle.domain.changes import Change
from tricircle.domain.errors import Invalid
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobRequest
from tricircle.domain.routings import ResourceType
from tricircle.network import call_info
from tricircle.network.central.records import Records

LOG = logging.getLogger(__name__)

BATCH_SIZE = 500
# Seconds for which a change is its own request's to deliver, perhaps together with more.
YOUNG = 5
# Seconds for which changes are kept when they have become jobs: longer than any database node lags behind.
KEEP_SECONDS = 3600

# In a session's ``info``.
_AWAITING = "tricircle_changes"

Numbered = tuple[int, Change]


class Outbox:
    """Changes on their way to the job queue."""

    def __init__(self, records: Records) -> None:
        """Nothing is read yet."""
        self._records = records
        self._ages = AgeTracker()

    def record(self, context: Any, change: Change) -> int:
        """Write a change down, inside the transaction that makes it; answers its number.

        It becomes jobs as soon as the outermost transaction is committed, or with the call's others: see ``together``.
        What is rolled back becomes none.
        """
        number = changes.record(context, change)
        self._awaiting(context.session).append(number, call_info.of(context).batch)
        return number

    @contextlib.contextmanager
    def together(self, context: Any) -> Iterator[None]:
        """Deliver what the transactions inside record when all of them are over.

        For what Neutron does in several transactions: one delivery is enough, and a process that ends between two of
        them leaves the sweep something to look again for.
        """
        if call_info.of(context).batch is not None:
            yield
            return
        batch = call_info.Batch()
        try:
            with call_info.on(context, batch=batch):
                yield
        finally:
            batch.is_open = False
            self._deliver_numbers(batch.numbers)

    def _awaiting(self, session: Any) -> "_Awaiting":
        awaiting: _Awaiting | None = session.info.get(_AWAITING)
        if awaiting is None:
            awaiting = session.info[_AWAITING] = _Awaiting(self._deliver_numbers)
            sa.event.listen(session, "after_commit", awaiting.committed)
            sa.event.listen(session, "after_transaction_end", awaiting.ended)
        return awaiting

    def _deliver_numbers(self, numbers: Sequence[int]) -> None:
        """Make jobs of changes that are committed. What fails here is left to the sweep: the caller's change stands."""
        if not numbers:
            return
        try:
            self._deliver(n_context.get_admin_context(), numbers)
        except Exception as error:  # whatever it is: what the caller asked for is committed, and done
            unexpected = not isinstance(error, db_exc.DBError)
            level = logging.ERROR if unexpected else logging.WARNING
            LOG.log(level, "Changes %s are recorded, and become jobs later", list(numbers), exc_info=True)

    def sweep(self) -> None:
        """Make jobs of every change that has been here for a while; drop those that became jobs long ago."""
        context = n_context.get_admin_context()
        old = self._ages.older_than(changes.newest(context), YOUNG)
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


class _Awaiting:
    """Changes that one session's transaction has recorded, until it ends.

    They are delivered after its end, when no other connection waits any more for rows that this one holds.
    """

    def __init__(self, deliver: Callable[[Sequence[int]], None]) -> None:
        """Nothing is recorded yet."""
        self._deliver = deliver
        self._recorded: list[tuple[int, call_info.Batch | None]] = []
        self._is_committed = False

    def append(self, number: int, batch: call_info.Batch | None) -> None:
        """One more is recorded."""
        self._recorded.append((number, batch))

    def committed(self, session: Any) -> None:
        """SQLAlchemy's event, which tells of savepoints, too."""
        if not session.in_nested_transaction():
            self._is_committed = True

    def ended(self, _session: Any, transaction: Any) -> None:
        """SQLAlchemy's event. What a savepoint took back has no row any more, and is found no more."""
        if transaction.parent is not None:
            return
        recorded = self._recorded if self._is_committed else []
        self._recorded, self._is_committed = [], False
        for number, batch in recorded:
            if batch is not None and batch.is_open:
                batch.numbers.append(number)
        self._deliver([number for number, batch in recorded if batch is None or not batch.is_open])


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
