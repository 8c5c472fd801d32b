"""Incarnations of the regions' databases, as central knows them."""

from datetime import datetime

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db import models
from tricircle.db.statements import execute_counted
from tricircle.domain.incarnations import Incarnation


def current(session: Session, pod_id: str) -> Incarnation | None:
    """The one in which a region lives now; None if it has never spoken."""
    row = models.Incarnation
    found = session.scalar(sa.select(row).where(row.pod_id == pod_id).order_by(row.number.desc()).limit(1))
    return _incarnation(found) if found is not None else None


def register(session: Session, pod_id: str, incarnation: str) -> Incarnation | None:
    """Have a region live in an incarnation from now on, if it is a new one; None if it is one that is over."""
    known = session.scalar(sa.select(models.Incarnation).where(models.Incarnation.incarnation == incarnation))
    if known is None:
        try:
            with session.begin_nested():
                # No objects in the session: in a Neutron process its plugins look at those of every session.
                values = {"pod_id": pod_id, "incarnation": incarnation, "audits": 0}
                session.execute(sa.insert(models.Incarnation).values(values))
        except db_exc.DBDuplicateEntry as error:  # another request of the region's was faster
            raise db_exc.RetryRequest(error) from error
    found = current(session, pod_id)
    return found if found is not None and found.incarnation == incarnation else None


def note_audit(session: Session, incarnation: str, number: int) -> None:
    """An audit of this number came to its end."""
    row = models.Incarnation
    execute_counted(
        session, sa.update(row).where(row.incarnation == incarnation, row.audits < number).values(audits=number)
    )


def _incarnation(row: models.Incarnation) -> Incarnation:
    since: datetime = row.since
    return Incarnation(row.incarnation, since, row.audits)
