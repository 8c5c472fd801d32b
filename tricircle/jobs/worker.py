"""Runs jobs: claims them, keeps their leases alive, records how they end."""

import logging
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from oslo_db import exception as db_exc

from tricircle.domain.errors import LeaseLost, Permanent, TricircleError
from tricircle.domain.jobs import Handler, Job, JobType
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.types import KINDS

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker works; times in seconds."""

    name: str
    threads: int = 8
    poll_interval: float = 1.0
    run_timeout: float = 1800.0  # a longer run is given up: its lease is renewed no more
    longest_delay: float = 60.0  # between two runs of a job that fails
    keep_log: float = 172800.0  # how long finished runs are remembered
    trim_interval: float = 600.0  # between two looks for what to forget


class Worker:
    """One process's share of the work: threads that claim, renew leases, trim the log, and those that run handlers.

    A handler gets the job's payload, must be idempotent, and says by the class of its error whether trying again can
    help: `domain.errors.Permanent` or anything else. Jobs of a type that has no handler here are left to other workers.
    """

    def __init__(self, queue: JobQueue, handlers: Mapping[JobType, Handler], settings: WorkerSettings) -> None:
        self._queue = queue
        self._handlers = handlers
        self._settings = settings
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._wake = threading.Event()
        self._free = threading.Semaphore(settings.threads)
        self._running: dict[tuple[str, int], tuple[Job, float]] = {}  # by id and claim
        self._lock = threading.Lock()
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

    def stop(self) -> None:
        """Claim nothing more; returns when what runs is over."""
        self._stopping.set()
        self._wake.set()
        self._threads[0].join()
        self._pool.shutdown()
        self._stopped.set()
        for thread in self._threads[1:]:
            thread.join()

    def wait(self) -> None:
        """Until `stop` has been called, and what ran then is over."""
        self._stopped.wait()

    def _claim_jobs(self) -> None:
        while not self._stopping.is_set():
            self._free.acquire()
            self._wake.clear()  # before the look, so that no wake-up during it is missed
            job = None if self._stopping.is_set() else self._claim()
            if job is None:
                self._free.release()
                self._wake.wait(0 if self._stopping.is_set() else self._settings.poll_interval)
                continue
            with self._lock:
                self._running[job.id, job.claim] = (job, time.monotonic())
            self._pool.submit(self._run, job)

    def _claim(self) -> Job | None:
        try:
            return self._queue.claim(self._settings.name, self._handlers.keys())
        except Exception:  # the loop must outlive whatever the database has
            LOG.exception("No job could be claimed")
            return None

    def _run(self, job: Job) -> None:
        LOG.info("Job %s %s %s: run %d", job.id, job.type, dict(job.resource), job.attempts)
        try:
            self._record(job, self._call_handler(job))
        except LeaseLost as error:
            LOG.warning("%s; what it wrote here counts for nothing", error)
        except db_exc.DBError as error:
            LOG.error("Job %s runs again when its lease ends: its end could not be recorded: %s", job.id, error)
        finally:
            with self._lock:
                del self._running[job.id, job.claim]
            self._free.release()
            self._wake.set()

    def _call_handler(self, job: Job) -> Exception | None:
        try:
            self._handlers[job.type](KINDS[job.type].make_payload(job.resource))
        except Exception as error:  # whatever it is: it must not end the worker, and it is recorded
            unexpected = not isinstance(error, TricircleError)
            LOG.warning("Job %s %s failed: %s", job.id, job.type, error, exc_info=unexpected and job.attempts == 1)
            return error
        return None

    def _record(self, job: Job, error: Exception | None) -> None:
        if error is None:
            self._queue.finish(job)
            return
        policy = KINDS[job.type].retry
        policy = replace(policy, longest=min(policy.longest, self._settings.longest_delay))
        retry_in = None if isinstance(error, Permanent) else policy.delay(job.attempts)
        self._queue.fail(job, f"{type(error).__name__}: {error}", retry_in)

    def _renew_leases(self) -> None:
        while not self._stopped.wait(self._queue.lease / 3):
            with self._lock:
                running = list(self._running.values())
            for job, started in running:
                self._renew(job, started)

    def _trim_log(self) -> None:
        while not self._stopped.wait(self._settings.trim_interval * (0.5 + random.random())):  # noqa: S311 - not in step
            try:
                self._queue.trim_log(self._settings.keep_log)
            except db_exc.DBError as error:
                LOG.warning("The job log could not be trimmed: %s", error)

    def _renew(self, job: Job, started: float) -> None:
        if time.monotonic() - started > self._settings.run_timeout:
            LOG.error("Job %s %s runs too long: its lease is not renewed", job.id, job.type)
            return
        try:
            self._queue.heartbeat(job)
        except LeaseLost as error:
            LOG.warning("%s", error)
        except db_exc.DBError as error:
            LOG.warning("The lease of job %s could not be renewed: %s", job.id, error)
