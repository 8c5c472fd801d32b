"""Audits of all regions, each in its turn: asked for by whichever worker finds that it is time."""

import logging
import random
import threading

from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db import audit_turns, drifts, jobs, pod_jobs
from tricircle.db.engine import Database
from tricircle.domain import audits
from tricircle.jobs.queue import JobQueue

LOG = logging.getLogger(__name__)

# Seconds between two looks for a region whose turn it is, at most.
_LOOK_SECONDS = 60.0
# Drifts that one transaction forgets.
_PURGED = 500


class PeriodicAudits:
    """A thread that asks for an audit of each region once in an interval, and forgets what was mended long ago.

    Regions have their turns at different times. By the database's clock, so that all workers together ask for one.
    """

    def __init__(self, database: Database, queue: JobQueue, *, interval: float, repairs: bool, keep: float) -> None:
        """`interval` in seconds, 0: never; `repairs`: whether what is found is; `keep`: seconds, of what is mended."""
        self._database = database
        self._queue = queue
        self._interval = interval
        self._repairs = repairs
        self._keep = keep
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audits", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for nothing more; returns when the last look is over."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> list[str]:
        """Ask for the audits of the pods whose turn it is now; answers their ids."""
        pod_ids = self._database.write(self._take) if self._interval else []
        if pod_ids:
            self._queue.announce()
        while self._database.write(lambda session: drifts.purge(session, self._keep, _PURGED)) == _PURGED:
            continue
        return pod_ids

    def _take(self, session: Session) -> list[str]:
        """In one transaction: no crash leaves a turn that is taken, and an audit that nobody asked for."""
        gone = pod_jobs.being_deleted(session)
        pod_ids = [pod_id for pod_id in audit_turns.take(session, self._interval) if pod_id not in gone]
        jobs.enqueue(session, [audits.request(pod_id, "", repairs=self._repairs) for pod_id in pod_ids])
        return pod_ids

    def _run(self) -> None:
        longest = min(_LOOK_SECONDS, self._interval / 4) if self._interval else _LOOK_SECONDS
        while not self._stopping.wait(longest * (0.5 + random.random() / 2)):  # noqa: S311 - not in step
            try:
                self.look()
            except db_exc.DBError as error:
                LOG.warning("Audits of regions could not be asked for: %s", error)
            except Exception:  # the thread must live on
                LOG.exception("Audits of regions could not be asked for")
