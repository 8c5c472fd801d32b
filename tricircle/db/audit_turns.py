"""Whose turn it is to be audited: each pod's once in an interval, whichever worker sees to it."""

from datetime import timedelta

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db.models import AuditTurn, Pod
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock

# Digits of a pod's id that say where in the interval its turn is, so that not all regions are asked at once.
_DIGITS = 4


def take(session: Session, interval: float) -> list[str]:
    """Ids of the pods whose turn it is now; each is told to one caller, and has its next turn `interval` seconds later.

    By the database's clock. A pod that has none yet gets its first within the interval. Where the interval has become
    shorter, what was due later is due at once.
    """
    now = read_clock(session)
    _plan_first(session, interval)
    late = sa.or_(AuditTurn.due_at <= now, AuditTurn.due_at > now + timedelta(seconds=interval))
    taken = []
    for turn in session.execute(sa.select(AuditTurn.pod_id, AuditTurn.due_at).where(late)).all():
        mine = AuditTurn.pod_id == turn.pod_id, AuditTurn.due_at == turn.due_at
        later = sa.update(AuditTurn).where(*mine).values(due_at=now + timedelta(seconds=interval))
        if execute_counted(session, later):
            taken.append(turn.pod_id)
    return taken


def _plan_first(session: Session, interval: float) -> None:
    has_none = ~sa.exists().where(AuditTurn.pod_id == Pod.pod_id)
    now = read_clock(session)
    for pod_id in session.scalars(sa.select(Pod.pod_id).where(Pod.central.is_(None), has_none)).all():
        due_at = now + timedelta(seconds=interval * _share(pod_id))
        try:
            with session.begin_nested():
                session.add(AuditTurn(pod_id=pod_id, due_at=due_at))
        except (db_exc.DBDuplicateEntry, db_exc.DBReferenceError):
            continue  # another worker was faster, or the pod is gone


def _share(pod_id: str) -> float:
    """Between 0 and 1, the same for the same pod."""
    return int(pod_id.replace("-", "")[-_DIGITS:], 16) / 16**_DIGITS
