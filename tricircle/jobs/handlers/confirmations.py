"""What a region has confirmed to have: noted with its routings once it has answered a job."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain import copied_kinds


def note(database: Database, pod_id: str, told: Mapping[str, Any], absent: Collection[str] = ()) -> None:
    """Note that a pod has what it was told: lists of objects by the plural of their kind; but for the ids it has not.

    An object without `revision_number` (a part of a router) has the time alone.
    """
    revisions = {
        kind.type: {
            one["id"]: one.get("revision_number") for one in told.get(kind.plural, ()) if one["id"] not in absent
        }
        for kind in copied_kinds.all_kinds()
    }

    def write(session: Session) -> None:
        for kind, its in revisions.items():
            routings_db.confirm(session, pod_id, kind, its)

    if any(revisions.values()):
        database.write(write)
