"""Runs jobs: claims them, keeps their leases alive, records how they end."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from oslo_db import exception as db_exc

from tricircle.domain import leases
from tricircle.domain.errors import Doubtful, LeaseLost, Permanent, TricircleError
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import Handler, Job, JobType, pod_of
from tricircle.jobs import run_context
from tricircle.jobs.queue import JobQueue

LOG = logging.getLogger(__name__)

# So many runs, about half a minute of them, a job may have that is probably refused for good.
DOUBTFUL_RUNS = 6
# How long a job that was given back rests, so that the process that still runs it is gone by then.
_GIVEN_BACK_DELAY = 3.0


class Outcome(StrEnum):
    """How a run ended. STOPPED: trying again would change nothing. LOST: its lease was gone, so it does not count."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


# Is told of each run: type, outcome, seconds.
Observer = Callable[[JobType, Outcome, float], None]


@dataclass(frozen=True, slots=True)
class _Run:
    job: Job
    started: float
    lease: leases.Lease


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker works; times in seconds."""

    name: str
    threads: int = 16
    poll_interval: float = 1.0
    run_timeout: float = 1800.0  # a longer run is given up: its lease is renewed no more
    longest_delay: float = 60.0  # between two runs of a job that fails
    keep_log: float = 172800.0  # how long finished runs are remembered
    trim_interval: float = 600.0  # between two looks for what to forget

    def share(self, pods: int) -> int:
        """How many jobs of one pod may run at a time while so many have work: a dead region holds up no more.

        Jobs of no pod in particular have a share, too.
        """
        return max(1, self.threads // (pods + 1))


class Worker:
    """One process's share of the work: threads that claim, renew leases, trim the log, and those that run handlers.

    A handler gets the job's payload, must be idempotent, and says by the class of its error whether trying again can
    help: `domain.errors.Permanent`, `Doubtful` or anything else. It works under the job's lease (`domain.leases`). Jobs
    of a type that has no handler here are left to other workers.
    """

    def __init__(
        self,
        queue: JobQueue,
        handlers: Mapping[JobType, Handler],
        settings: WorkerSettings,
        observe: Observer = lambda *_: None,
    ) -> None:
        self._observe = observe
        self._queue = queue
        self._handlers = handlers
        self._settings = settings
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._wake = threading.Event()
        self._free = threading.Semaphore(settings.threads)
        self._running: dict[tuple[str, int], _Run] = {}  # by id and claim
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="job")
        self._threads = [
            threading.Thread(target=self._claim_jobs, name="claim", daemon=True),
            threading.Thread(target=self._renew_leases, name="lease", daemon=True),
            threading.Thread(target=self._trim_log, name="trim", daemon=True),
        ]

    def start(self) -> None:
        """Begin to work; returns at once."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for work now: a hint, from whoever knows that there is some."""
        self._wake.set()

    def stop(self, grace: float | None = None) -> None:
        """Claim nothing more; returns when what runs is over, or (None: never) given back after `grace` seconds.

        The process must end then: what was given back may run elsewhere soon.
        """
        self._stopping.set()
        self._wake.set()
        self._threads[0].join()
        with self._idle:
            in_time = self._idle.wait_for(lambda: not self._running, grace)
        if not in_time:
            self._give_back()
        self._pool.shutdown(wait=in_time)
        self._stopped.set()
        for thread in self._threads[1:]:
            thread.join()

    def _give_back(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for run in running:
            job = run.job
            run.lease.end()
            LOG.warning("Job %s %s is given back: it has not come to its end in time", job.id, job.type)
            try:
                self._queue.release(job, _GIVEN_BACK_DELAY)
            except (LeaseLost, db_exc.DBError) as error:
                LOG.warning("Job %s could not be given back: %s", job.id, error)

    def wait(self) -> None:
        """Until `stop` has been called, and what ran then is over."""
        self._stopped.wait()

    def _claim_jobs(self) -> None:
        while not self._stopping.is_set():
            self._free.acquire()
            self._wake.clear()  # before the look, so that no wake-up during it is missed
            now = time.monotonic()  # before the claim, so that the lease never ends later than the database has it
            job = None if self._stopping.is_set() else self._claim()
            if job is None:
                self._free.release()
                self._wake.wait(0 if self._stopping.is_set() else self._settings.poll_interval)
                continue
            run = _Run(job, now, leases.Lease(now + self._queue.lease))
            with self._lock:
                self._running[job.id, job.claim] = run
            self._pool.submit(self._run, run)

    def _claim(self) -> Job | None:
        try:
            return self._queue.claim(self._settings.name, self._handlers.keys(), self._busy_pods())
        except Exception:  # the loop must outlive whatever the database has
            LOG.exception("No job could be claimed")
            return None

    def _busy_pods(self) -> list[str]:
        """The pods whose jobs have their share of the threads already."""
        with self._lock:
            running = Counter(pod_of(run.job.resource) for run in self._running.values())
        if not running:
            return []
        share = self._settings.share(self._queue.count_busy_pods())
        return [pod_id for pod_id, count in running.items() if count >= share]

    def _run(self, run: _Run) -> None:
        job, outcome = run.job, Outcome.LOST
        try:
            with run_context.running(job, run.lease):
                asked = run_context.describe(job)
                LOG.info("Job %s %s %s: run %d%s", job.id, job.type, dict(job.resource), job.attempts, asked)
                outcome = self._record(job, self._call_handler(job))
        except LeaseLost as error:
            LOG.warning("%s; what it wrote here counts for nothing", error)
        except db_exc.DBError as error:
            LOG.error("Job %s runs again when its lease ends: its end could not be recorded: %s", job.id, error)
        finally:
            self._observe(job.type, outcome, time.monotonic() - run.started)
            with self._idle:
                del self._running[job.id, job.claim]
                self._idle.notify_all()
            self._free.release()
            self._wake.set()

    def _call_handler(self, job: Job) -> Exception | None:
        try:
            self._handlers[job.type](KINDS[job.type].make_payload(job.resource, job.changes, job.request_ids))
        except LeaseLost:
            raise  # not a failure: whoever takes the job over says how it ends
        except Exception as error:  # whatever it is: it must not end the worker, and it is recorded
            unexpected = not isinstance(error, TricircleError)
            LOG.warning("Job %s %s failed: %s", job.id, job.type, error, exc_info=unexpected and job.attempts == 1)
            return error
        return None

    def _record(self, job: Job, error: Exception | None) -> Outcome:
        if error is None:
            self._queue.finish(job)
            return Outcome.SUCCEEDED
        policy = KINDS[job.type].retry
        policy = replace(policy, longest=min(policy.longest, self._settings.longest_delay))
        retry_in = None if _is_final(job, error) else policy.delay(job.attempts)
        self._queue.fail(job, f"{type(error).__name__}: {error}", retry_in)
        return Outcome.STOPPED if retry_in is None else Outcome.FAILED

    def _renew_leases(self) -> None:
        while not self._stopped.wait(self._queue.lease / 3):
            with self._lock:
                running = list(self._running.values())
            for run in running:
                self._renew(run)

    def _trim_log(self) -> None:
        while not self._stopped.wait(self._settings.trim_interval * (0.5 + random.random())):  # noqa: S311 - not in step
            try:
                self._queue.trim_log(self._settings.keep_log)
            except db_exc.DBError as error:
                LOG.warning("The job log could not be trimmed: %s", error)
            except Exception:  # the thread must live on
                LOG.exception("The job log could not be trimmed")

    def _renew(self, run: _Run) -> None:
        job, now = run.job, time.monotonic()
        if now - run.started > self._settings.run_timeout:
            LOG.error("Job %s %s runs too long: its lease is not renewed", job.id, job.type)
            return
        try:
            self._queue.heartbeat(job)
            run.lease.extend(now + self._queue.lease)
        except LeaseLost as error:
            run.lease.end()
            with self._lock:
                still_runs = (job.id, job.claim) in self._running
            if still_runs:  # else it has come to its end meanwhile
                LOG.warning("%s", error)
        except db_exc.DBError as error:
            LOG.warning("The lease of job %s could not be renewed: %s", job.id, error)
        except Exception:  # the thread renews the leases of all jobs
            LOG.exception("The lease of job %s could not be renewed", job.id)


def _is_final(job: Job, error: Exception) -> bool:
    """Whether the job must not be tried again by itself.

    In doubt not while it is young, nor when something else was its error the run before, as with a region that was down
    for long and comes back: whatever is in the way may be going at this moment.
    """
    if not isinstance(error, Doubtful):
        return isinstance(error, Permanent)
    class_before = (job.last_error or "").partition(":")[0]
    return job.attempts >= DOUBTFUL_RUNS and class_before == type(error).__name__
