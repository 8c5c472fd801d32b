"""Routings in the database."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.orm import Session

from tricircle.db import models
from tricircle.db.statements import execute_counted
from tricircle.db.types import read_clock, utc_now
from tricircle.domain.errors import Conflict, Invalid, NotFound
from tricircle.domain.routings import NewRouting, Routing

_BATCH = 500


def ensure(session: Session, routings: Iterable[NewRouting]) -> list[NewRouting]:
    """Record those that are missing by (top_id, pod_id, resource_type); return the ones recorded by this call.

    Another process may record the same at the same time: each is then returned to one of the two.

    Raises oslo_db.exception.DBReferenceError if a pod does not exist.
    """
    wanted = {routing.key: routing for routing in routings}
    missing = [wanted[key] for key in sorted(wanted.keys() - _existing_keys(session, wanted))]
    if not missing:
        return []
    try:
        _insert(session, missing)
    except db_exc.DBDuplicateEntry:
        return [routing for routing in missing if _insert_one(session, routing)]
    return missing


def create(session: Session, new: NewRouting) -> Routing:
    """Record one routing. Raises Conflict if there is one of this object in this pod, Invalid for an unknown pod."""
    row = models.Routing(**asdict(new))

    def insert() -> None:
        session.add(row)
        session.flush()

    _check_integrity(session, insert, asdict(new))
    session.refresh(row)  # the times are the database's
    return _routing(row)


def update(session: Session, routing_id: int, changes: Mapping[str, str]) -> Routing:
    """Change columns of one routing. Raises NotFound, and as `create`."""
    changed = {**asdict(get(session, routing_id)), **changes}
    statement = sa.update(models.Routing).where(models.Routing.id == routing_id).values(**changes)
    _check_integrity(session, lambda: execute_counted(session, statement), changed)
    session.expire_all()
    return get(session, routing_id)


def delete(session: Session, routing_id: int) -> None:
    """Forget one routing. Raises NotFound."""
    if not execute_counted(session, sa.delete(models.Routing).where(models.Routing.id == routing_id)):
        raise NotFound(f"Routing {routing_id} does not exist")


def find(
    session: Session,
    *,
    top_ids: Collection[str] | None = None,
    pod_id: str | None = None,
    resource_type: str | None = None,
    project_id: str | None = None,
) -> list[Routing]:
    """Routings that match all that is given, by id. An empty `top_ids` matches none."""
    query = sa.select(models.Routing).where(*_conditions(pod_id, resource_type)).order_by(models.Routing.id)
    if project_id is not None:
        query = query.where(models.Routing.project_id == project_id)
    if top_ids is None:
        return [_routing(row) for row in session.scalars(query)]
    rows: list[models.Routing] = []
    for batch in _batches(top_ids):
        rows += session.scalars(query.where(models.Routing.top_id.in_(batch)))
    return [_routing(row) for row in sorted(rows, key=lambda row: row.id)]


def find_local(
    session: Session, bottom_ids: Collection[str], *, resource_type: str, pod_id: str | None = None
) -> list[Routing]:
    """Routings of the local objects of these ids, in a pod or in any."""
    rows: list[models.Routing] = []
    for batch in _batches(bottom_ids):
        query = sa.select(models.Routing).where(*_conditions(pod_id, resource_type))
        rows += session.scalars(query.where(models.Routing.bottom_id.in_(batch)))
    return [_routing(row) for row in rows]


def older(session: Session, pod_id: str, seconds: float, *, after: str, until: str) -> list[tuple[str, str]]:
    """(top_id, resource_type) of a pod's routings that are older than so many seconds.

    Of central ids greater than ``after`` and up to ``until`` (empty: the last).
    """
    before = read_clock(session) - timedelta(seconds=seconds)
    row = models.Routing
    query = sa.select(row.top_id, row.resource_type).where(
        row.pod_id == pod_id, row.top_id > after, row.created_at <= before
    )
    if until:
        query = query.where(row.top_id <= until)
    return [(found[0], found[1]) for found in session.execute(query)]


def get(session: Session, routing_id: int) -> Routing:
    """The routing of this number. Raises NotFound."""
    row = session.get(models.Routing, routing_id)
    if row is None:
        raise NotFound(f"Routing {routing_id} does not exist")
    return _routing(row)


def is_younger(session: Session, top_id: str, pod_id: str, resource_type: str, seconds: float) -> bool:
    """Whether this routing was recorded less than `seconds` ago."""
    since = read_clock(session) - timedelta(seconds=seconds)
    query = sa.select(
        sa.exists()
        .where(*_conditions(pod_id, resource_type), models.Routing.top_id == top_id)
        .where(models.Routing.created_at > since)
    )
    return bool(session.scalar(query))


def list_page(session: Session, filters: Mapping[str, str | int], limit: int, marker: int | None) -> list[Routing]:
    """At most `limit` routings whose columns have these values, newest first, after routing `marker`.

    Raises Invalid for an unknown marker.
    """
    query = sa.select(models.Routing).filter_by(**filters).order_by(models.Routing.id.desc()).limit(limit)
    if marker is not None:
        if session.get(models.Routing, marker) is None:
            raise Invalid(f"marker: no routing has the id {marker}")
        query = query.where(models.Routing.id < marker)
    return [_routing(row) for row in session.scalars(query)]


def remove(
    session: Session, *, top_ids: Collection[str], pod_id: str | None = None, resource_type: str | None = None
) -> int:
    """Forget the routings of these objects; returns how many there were."""
    statement = sa.delete(models.Routing).where(*_conditions(pod_id, resource_type))
    return sum(
        execute_counted(session, statement.where(models.Routing.top_id.in_(batch))) for batch in _batches(top_ids)
    )


def confirm(session: Session, pod_id: str, resource_type: str, revisions: Mapping[str, int | None]) -> None:
    """Note that a pod has applied central's revisions of objects (by central id; None: they have none), now."""
    by_revision: dict[int | None, list[str]] = {}
    for top_id, revision in revisions.items():
        by_revision.setdefault(revision, []).append(top_id)
    row = models.Routing
    for revision, ids in by_revision.items():
        values = {"revision_number": revision, "applied_at": utc_now(), "updated_at": row.updated_at}
        for batch in _batches(ids):
            mine = (*_conditions(pod_id, resource_type), row.top_id.in_(batch))
            execute_counted(session, sa.update(row).where(*mine).values(**values))


def unconfirmed(
    session: Session, pod_id: str, revisions: Mapping[tuple[str, str], int]
) -> dict[str, dict[str, int | None]]:
    """Of what a pod shows to have, by (type, central id), what is not known to be so, for `confirm`: by type."""
    row = models.Routing
    found: dict[str, dict[str, int | None]] = {}
    for batch in _batches({top_id for _, top_id in revisions}):
        query = sa.select(row.resource_type, row.top_id, row.revision_number)
        for kind, top_id, known in session.execute(query.where(row.pod_id == pod_id, row.top_id.in_(batch))):
            shown = revisions.get((kind, top_id))
            if shown is not None and shown != known:
                found.setdefault(kind, {})[top_id] = shown
    return found


def change_type(session: Session, routings: Iterable[Routing], resource_type: str) -> None:
    """Have these be routings of another type, whether there are such already or not."""
    before = list(routings)
    ensure(session, [NewRouting(r.top_id, r.bottom_id, r.pod_id, r.project_id, resource_type) for r in before])
    for routing in before:
        execute_counted(session, sa.delete(models.Routing).where(models.Routing.id == routing.id))


def remove_some(session: Session, pod_id: str, *, keep: str, limit: int) -> int:
    """Forget at most `limit` routings of a pod that are not of the type `keep`; returns how many."""
    others = models.Routing.pod_id == pod_id, models.Routing.resource_type != keep
    ids = session.scalars(sa.select(models.Routing.id).where(*others).limit(limit)).all()
    return execute_counted(session, sa.delete(models.Routing).where(models.Routing.id.in_(ids))) if ids else 0


def count(session: Session, pod_id: str) -> dict[str, int]:
    """How many objects are in a pod, by type."""
    number = sa.func.count()
    query = sa.select(models.Routing.resource_type, number).where(models.Routing.pod_id == pod_id)
    rows = session.execute(query.group_by(models.Routing.resource_type))
    return {row[0]: row[1] for row in rows}


def _check_integrity(session: Session, write: Callable[[], object], values: Mapping[str, object]) -> None:
    try:
        with session.begin_nested():
            write()
    except db_exc.DBDuplicateEntry:
        raise Conflict(
            f"top_id: the {values['resource_type']} {values['top_id']} has a routing in pod {values['pod_id']} already"
        ) from None
    except db_exc.DBReferenceError:
        raise Invalid(f"pod_id: no pod has the id {values['pod_id']}") from None


def _existing_keys(session: Session, keys: Collection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    columns = (models.Routing.top_id, models.Routing.pod_id, models.Routing.resource_type)
    found: set[tuple[str, str, str]] = set()
    for batch in _batches({top_id for top_id, _, _ in keys}):
        rows = session.execute(sa.select(*columns).where(columns[0].in_(batch)))
        found.update((row.top_id, row.pod_id, row.resource_type) for row in rows)
    return found


def _insert(session: Session, routings: list[NewRouting]) -> None:
    with session.begin_nested():
        session.execute(sa.insert(models.Routing), [asdict(routing) for routing in routings])


def _insert_one(session: Session, routing: NewRouting) -> bool:
    try:
        _insert(session, [routing])
    except db_exc.DBDuplicateEntry:
        return False
    return True


def _conditions(pod_id: str | None, resource_type: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if pod_id is not None:
        conditions.append(models.Routing.pod_id == pod_id)
    if resource_type is not None:
        conditions.append(models.Routing.resource_type == resource_type)
    return conditions


def _batches(ids: Collection[str]) -> Iterable[list[str]]:
    """In batches, as a statement takes only so many parameters."""
    ordered = sorted(ids)
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


def _routing(row: models.Routing) -> Routing:
    return Routing(
        row.id,
        row.top_id,
        row.bottom_id,
        row.pod_id,
        row.project_id,
        row.resource_type,
        row.created_at,
        row.updated_at,
        row.revision_number,
        row.applied_at,
    )
