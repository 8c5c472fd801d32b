"""The job queue: every operation one transaction (or one read and one compare-and-swap) on the database."""

import threading
from collections.abc import Callable, Collection, Iterable

from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db import jobs
from tricircle.db.engine import Database
from tricircle.domain.job_types import validate
from tricircle.domain.jobs import Job, JobRequest, JobType, pod_of

_CANDIDATES = 20
_WINDOW = 200
_TRIM_BATCH = 500


class JobQueue:
    """At least once: for each request, a run that starts after it succeeds, unless someone deletes the job.

    At most one job per (type, resource) waits, and at most one runs; a request joins the one that waits. `lease` is how
    many seconds a claimed job stays its worker's without a sign of life. `announce` is called when there is new work.

    Every method raises oslo_db.exception.DBError when the database cannot be reached.
    """

    def __init__(self, database: Database, *, lease: float = 180.0, announce: Callable[[], None] | None = None) -> None:
        self._database = database
        self._announce = announce or (lambda: None)
        self._lock = threading.Lock()
        self._seen: list[Job] = []  # not claimed yet, when looked at last
        self.lease = lease

    def enqueue(self, requests: Iterable[JobRequest]) -> None:
        """Have each of these run, starting after now. Raises domain.errors.Invalid for a resource not its type's."""
        wanted = list(requests)
        for request in wanted:
            validate(request)
        if wanted:
            self._database.write(lambda session: jobs.enqueue(session, wanted))
            self._announce()

    def submit(self, request: JobRequest) -> Job:
        """As `enqueue`; returns the job that waits for it now. Raises domain.errors.Invalid."""
        validate(request)

        def transaction(session: Session) -> Job:
            jobs.enqueue(session, [request])
            return jobs.get_waiting(session, request)

        job = self._database.write(transaction)
        self._announce()
        return job

    def announce(self) -> None:
        """There is new work: for whoever put it there in a transaction of its own, and after that."""
        self._announce()

    def redo(self, job_id: str, request_ids: Collection[str] = ()) -> Job:
        """Have the job of this id run at once, or once more if it runs; returns the job that waits now.

        `request_ids`: of who asks for it. Raises domain.errors.NotFound; Invalid if it is over.
        """
        job = self._database.write(lambda session: jobs.redo(session, job_id, request_ids))
        self._announce()
        return job

    def delete(self, job_id: str) -> None:
        """Forget the waiting job of this id. Raises domain.errors.NotFound; Invalid if it runs or is over."""
        self._database.write(lambda session: jobs.delete(session, job_id))

    def claim(
        self, worker: str, types: Collection[JobType] = tuple(JobType), not_in_pods: Collection[str] = ()
    ) -> Job | None:
        """Take a job of one of these types that is due, or whose worker is dead; None if there is none.

        Jobs in `not_in_pods` are left alone; the pod of a job that names none is "".
        """
        # Those seen by an earlier look first: a look costs more than finding that another was faster.
        job = self._claim_one(self._take_seen(types, not_in_pods), worker)
        if job is not None:
            return job
        with self._database.reader() as session:
            found = jobs.find_claimable(session, types, not_in_pods, _CANDIDATES, _WINDOW)
        return self._claim_one(found, worker)

    def _claim_one(self, candidates: list[Job], worker: str) -> Job | None:
        """Try one after the other; what is left when one was taken is remembered."""
        while candidates:
            job = self._try(candidates.pop(), worker)
            if job is not None:
                with self._lock:
                    self._seen = candidates
                return job
        return None

    def _take_seen(self, types: Collection[JobType], not_in_pods: Collection[str]) -> list[Job]:
        with self._lock:
            seen, self._seen = self._seen, []
        return [job for job in seen if job.type in types and pod_of(job.resource) not in not_in_pods]

    def _try(self, candidate: Job, worker: str) -> Job | None:
        try:
            return self._database.write(lambda session: jobs.claim(session, candidate, worker, self.lease))
        except db_exc.DBDuplicateEntry:
            return None

    def heartbeat(self, job: Job) -> None:
        """Say that the job is still worked on. Raises domain.errors.LeaseLost."""
        self._database.write(lambda session: jobs.extend_lease(session, job, self.lease))

    def finish(self, job: Job) -> None:
        """Log the job as done. Raises domain.errors.LeaseLost."""
        self._database.write(lambda session: jobs.finish(session, job))

    def fail(self, job: Job, error: str, retry_in: float | None) -> None:
        """Have the job wait `retry_in` seconds for its next run; None: until it is asked for anew.

        Raises domain.errors.LeaseLost.
        """
        self._database.write(lambda session: jobs.fail(session, job, error, retry_in))

    def release(self, job: Job, delay: float = 0.0) -> None:
        """Give the job back as if it had not been claimed, due in `delay` seconds. Raises domain.errors.LeaseLost."""
        self._database.write(lambda session: jobs.release(session, job, delay))

    def count_busy_pods(self) -> int:
        """In how many pods jobs run, or are due."""
        with self._database.reader() as session:
            return jobs.count_busy_pods(session)

    def trim_log(self, age: float) -> None:
        """Forget the runs that ended more than `age` seconds ago."""
        while self._database.write(lambda session: jobs.trim_log(session, age, _TRIM_BATCH)) == _TRIM_BATCH:
            pass
