"""States of regions in the database: one row a pod, written by whichever worker sees something new."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db import models
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock
from tricircle.domain.region_states import NOTHING_KNOWN, Reach, RegionState, seen, shown


def of(session: Session, pod_ids: Collection[str]) -> dict[str, RegionState]:
    """What may be said of the regions of pods now, by pod id; of each of them."""
    now = read_clock(session)
    rows = session.scalars(sa.select(models.RegionState).where(models.RegionState.pod_id.in_(pod_ids)))
    known = {row.pod_id: shown(_state(row), now) for row in rows}
    return {pod_id: known.get(pod_id, NOTHING_KNOWN) for pod_id in pod_ids}


def note(session: Session, region_name: str, error: str | None) -> bool:
    """Record that a region has answered (`error` None), or why it has not; whether there was anything to write.

    By compare-and-swap. Raises RetryRequest, so that `Database.write` looks again, where another worker was faster.
    """
    pod_id = session.scalar(sa.select(models.Pod.pod_id).where(models.Pod.region_name == region_name))
    if pod_id is None:
        return False
    row = session.get(models.RegionState, pod_id)
    state = seen(NOTHING_KNOWN if row is None else _state(row), error, read_clock(session))
    if state is None:
        return False
    if row is None:
        _insert(session, pod_id, state)
    else:
        as_read = models.RegionState.pod_id == pod_id, models.RegionState.number == row.number
        change = sa.update(models.RegionState).where(*as_read).values(**_columns(state), number=row.number + 1)
        if not execute_counted(session, change):
            raise db_exc.RetryRequest(RuntimeError(f"another worker has just written the state of {region_name}"))
    return True


def unseen(session: Session, seconds: float) -> list[str]:
    """Names of the regions of which nobody has seen anything for so long, central's among them."""
    before = read_clock(session) - timedelta(seconds=seconds)
    row = models.RegionState
    query = (
        sa.select(models.Pod.region_name)
        .outerjoin(row, row.pod_id == models.Pod.pod_id)
        .where(row.checked_at.is_(None) | (row.checked_at < before))
        .order_by(models.Pod.region_name)
    )
    return list(session.scalars(query))


def forget(session: Session, pod_id: str) -> None:
    """Know nothing of the region of a pod: it has become another one."""
    execute_counted(session, sa.delete(models.RegionState).where(models.RegionState.pod_id == pod_id))


def _insert(session: Session, pod_id: str, state: RegionState) -> None:
    try:
        with session.begin_nested():
            session.execute(sa.insert(models.RegionState).values(pod_id=pod_id, number=1, **_columns(state)))
    except (db_exc.DBDuplicateEntry, db_exc.DBReferenceError) as error:  # a faster worker; or the pod has just gone
        raise db_exc.RetryRequest(error) from error


def _columns(state: RegionState) -> dict[str, Any]:
    return {
        "state": state.state.value,
        "since": state.since,
        "last_heard_at": state.last_heard_at,
        "last_error": state.last_error,
        "last_error_at": state.last_error_at,
        "checked_at": state.checked_at,
    }


def _state(row: models.RegionState) -> RegionState:
    return RegionState(
        state=Reach(row.state),
        since=row.since,
        last_heard_at=row.last_heard_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        checked_at=row.checked_at,
    )
