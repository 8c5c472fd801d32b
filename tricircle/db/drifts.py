"""Drifts in the database: what audits have found, and when."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db.models import Drift as Row
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock, utc_now
from tricircle.domain.drifts import (
    REVISION,
    Difference,
    Drift,
    DriftQuery,
    DriftState,
    StoredDrift,
    repair_from_json,
    repair_to_json,
)
from tricircle.domain.errors import Invalid

_BATCH = 500


def record(session: Session, pod_id: str, found: Sequence[Drift], *, repaired: bool) -> None:
    """Store what an audit found in a pod now. `repaired`: the jobs that repair it have been asked for.

    What is known by its revision alone says nothing more of what is known by its content.
    """
    wanted = {(drift.resource_type, drift.resource_id): drift for drift in found}
    known = {(row.resource_type, row.resource_id): row for row in _rows(session, pod_id, wanted)}
    for key, drift in wanted.items():
        values = {**_columns(drift), "seen_at": utc_now()}
        if repaired and drift.repair is not None:
            values["repaired_at"] = utc_now()
        row = known.get(key)
        if row is None:
            _insert(session, pod_id, values)
        elif row.mended_at is not None:
            _update(session, row, {"repaired_at": None, **values, "found_at": utc_now(), "mended_at": None})
        else:
            _update(session, row, _only_times(values) if _is_shallow(drift) and not _is_shallow_row(row) else values)
    session.expire_all()


def mend(session: Session, pod_id: str, resource_type: str, before: datetime) -> int:
    """Note that the drifts of a kind that were there, and that no audit has seen since `before`, are gone; how many."""
    mine = Row.pod_id == pod_id, Row.resource_type == resource_type, Row.mended_at.is_(None), Row.seen_at < before
    return execute_counted(session, sa.update(Row).where(*mine).values(mended_at=utc_now()))


def mend_revisions(session: Session, pod_id: str, ids: Collection[str]) -> None:
    """Note that of these objects no revision differs any more: of drifts that are known by that alone."""
    rows = session.scalars(sa.select(Row).where(Row.pod_id == pod_id, Row.mended_at.is_(None)))
    gone = [row.id for row in rows if row.resource_id in ids and _is_shallow_row(row)]
    for start in range(0, len(gone), _BATCH):
        mine = Row.id.in_(gone[start : start + _BATCH])
        session.execute(sa.update(Row).where(mine).values(mended_at=utc_now()))


def list_page(session: Session, query: DriftQuery, limit: int, marker: int | None) -> list[StoredDrift]:
    """At most `limit` drifts, the youngest first, after drift `marker`. Raises Invalid for an unknown marker."""
    statement = sa.select(Row).filter_by(**query.columns).order_by(Row.id.desc()).limit(limit)
    statement = statement.where(Row.mended_at.is_not(None) if query.mended else Row.mended_at.is_(None))
    if query.min_age is not None:
        statement = statement.where(Row.found_at <= read_clock(session) - timedelta(seconds=query.min_age))
    if marker is not None:
        if session.get(Row, marker) is None:
            raise Invalid(f"marker: no drift has the id {marker}")
        statement = statement.where(Row.id < marker)
    return [_stored(row) for row in session.scalars(statement)]


def purge(session: Session, age: float, limit: int) -> int:
    """Forget at most `limit` drifts that were mended more than `age` seconds ago; returns how many."""
    old = Row.mended_at < read_clock(session) - timedelta(seconds=age)
    ids = session.scalars(sa.select(Row.id).where(old).limit(limit)).all()
    return execute_counted(session, sa.delete(Row).where(Row.id.in_(ids))) if ids else 0


def _rows(session: Session, pod_id: str, keys: Iterable[tuple[str, str]]) -> list[Row]:
    ids = sorted({id_ for _, id_ in keys})
    found: list[Row] = []
    for start in range(0, len(ids), _BATCH):
        query = sa.select(Row).where(Row.pod_id == pod_id, Row.resource_id.in_(ids[start : start + _BATCH]))
        found += session.scalars(query)
    return found


def _insert(session: Session, pod_id: str, values: dict[str, Any]) -> None:
    try:
        with session.begin_nested():
            session.execute(sa.insert(Row).values(pod_id=pod_id, found_at=utc_now(), **values))
    except db_exc.DBDuplicateEntry as error:  # another audit of the pod has just found it
        raise db_exc.RetryRequest(error) from error


def _update(session: Session, row: Row, values: dict[str, Any]) -> None:
    session.execute(sa.update(Row).where(Row.id == row.id).values(**values))


def _only_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in ("seen_at", "repaired_at")}


def _is_shallow(drift: Drift) -> bool:
    return [difference.field for difference in drift.differences] == [REVISION]


def _is_shallow_row(row: Row) -> bool:
    return [difference["field"] for difference in row.differences] == [REVISION]


def _columns(drift: Drift) -> dict[str, Any]:
    return {
        "resource_type": drift.resource_type,
        "resource_id": drift.resource_id,
        "project_id": drift.project_id,
        "state": drift.state.value,
        "differences": [asdict(difference) for difference in drift.differences],
        "repair": repair_to_json(drift.repair),
    }


def _stored(row: Row) -> StoredDrift:
    return StoredDrift(
        id=row.id,
        pod_id=row.pod_id,
        drift=Drift(
            resource_type=row.resource_type,
            resource_id=row.resource_id,
            project_id=row.project_id,
            state=DriftState(row.state),
            differences=tuple(Difference(**difference) for difference in row.differences),
            repair=repair_from_json(row.repair),
        ),
        found_at=row.found_at,
        seen_at=row.seen_at,
        repaired_at=row.repaired_at,
        mended_at=row.mended_at,
    )
