"""What the audits by revision find: stored with what the others find, and with the routings."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from tricircle.db import drifts as drifts_db
from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.pods import Pod
from tricircle.plans.audits import UNKNOWN_REVISION, Findings, ObservedCopy


class FindingStore:
    """Writes to Tricircle's own database."""

    def __init__(self, database: Database) -> None:
        """Nothing is written yet."""
        self._database = database

    def store(self, pod: Pod, copies: Iterable[ObservedCopy], found: Findings) -> None:
        """Note what differs of a region's copies, as repaired, and which revisions it shows to have."""
        shown = {
            (str(copy.resource_type), copy.id): copy.revision for copy in copies if copy.revision != UNKNOWN_REVISION
        }
        alike = {id_ for _, id_ in shown} - {drift.resource_id for drift in found.drifts}

        def write(session: Session) -> None:
            drifts_db.record(session, pod.pod_id, found.drifts, repaired=True)
            drifts_db.mend_revisions(session, pod.pod_id, alike)
            for kind, revisions in routings_db.unconfirmed(session, pod.pod_id, shown).items():
                routings_db.confirm(session, pod.pod_id, kind, revisions)

        self._database.write(write)
