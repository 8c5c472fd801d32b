"""What in the queue will not get better by itself."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tricircle.db.jobs import RUNNING, WAITING
from tricircle.db.models import Job
from tricircle.db.types import read_clock


def count_stuck(session: Session, patience: float) -> dict[str, int]:
    """How many jobs are stuck, by the reason; reasons without any are left out.

    `patience`: seconds by which a job may be late before it counts.
    """
    late = read_clock(session) - timedelta(seconds=patience)
    reasons = {
        "failed for good, and wait to be asked for anew": (Job.slot == WAITING, Job.next_attempt_at.is_(None)),
        "are due, and no worker takes them": (Job.slot == WAITING, Job.next_attempt_at < late),
        "were a dead worker's, and no other takes them over": (Job.slot == RUNNING, Job.lease_until < late),
    }
    counts = {
        reason: session.scalar(sa.select(sa.func.count()).select_from(Job).where(*conditions)) or 0
        for reason, conditions in reasons.items()
    }
    return {reason: count for reason, count in counts.items() if count}
