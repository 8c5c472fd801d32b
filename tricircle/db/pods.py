"""Pods in the database."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc
from oslo_utils import uuidutils
from sqlalchemy.orm import Session

from tricircle.db import models, region_states
from tricircle.db.statements import execute_counted
from tricircle.domain.errors import Conflict, Invalid, NotFound
from tricircle.domain.pods import Pod, clash


def create(session: Session, *, region_name: str, **more: Any) -> Pod:
    """Record a pod under a new id; `more`: its other fields.

    Raises Conflict if the region is a pod already, or its account another pod's, or this were a second central pod.
    """
    pod = Pod(uuidutils.generate_uuid(), region_name, **more)
    try:
        with session.begin_nested():
            session.add(models.Pod(pod_id=pod.pod_id, **_columns(pod)))
    except db_exc.DBDuplicateEntry:
        raise _conflict(session, pod) from None
    return pod


def update(session: Session, pod_id: str, changes: Mapping[str, Any]) -> Pod:
    """Change fields of a pod. Raises NotFound; Conflict as `create`."""
    before = get(session, pod_id)
    pod = replace(before, **changes)
    # No other columns: another call may be changing those.
    columns = {name: value for name, value in _columns(pod).items() if name in {*changes, "central"}}
    statement = sa.update(models.Pod).where(models.Pod.pod_id == pod_id).values(**columns)
    try:
        with session.begin_nested():
            execute_counted(session, statement)
    except db_exc.DBDuplicateEntry:
        raise _conflict(session, pod) from None
    if pod.region_name != before.region_name:
        region_states.forget(session, pod_id)
    session.expire_all()
    return pod


def _columns(pod: Pod) -> dict[str, Any]:
    return {
        "region_name": pod.region_name,
        "az_name": pod.az_name,
        "pod_az_name": pod.pod_az_name,
        "dc_name": pod.dc_name,
        "central": 1 if pod.is_central else None,
        "user_id": pod.user_id or None,
        "draining": pod.draining,
    }


def get(session: Session, pod_id: str) -> Pod:
    """The pod of this id. Raises NotFound."""
    row = session.get(models.Pod, pod_id)
    if row is None:
        raise NotFound(f"Pod {pod_id} does not exist")
    return _pod(row)


def get_by_region(session: Session, region_name: str) -> Pod:
    """The pod of this region. Raises NotFound."""
    row = session.scalar(sa.select(models.Pod).where(models.Pod.region_name == region_name))
    if row is None:
        raise NotFound(f"Region {region_name} is no pod")
    return _pod(row)


def get_central(session: Session) -> Pod:
    """The central pod. Raises NotFound as long as there is none."""
    row = session.scalar(sa.select(models.Pod).where(models.Pod.central == 1))
    if row is None:
        raise NotFound("There is no central pod")
    return _pod(row)


def list_all(
    session: Session,
    *,
    limit: int | None = None,
    marker: str | None = None,
    region_name: str | None = None,
    az_name: str | None = None,
) -> list[Pod]:
    """Pods by region name, those after the pod `marker`, at most `limit`. Raises Invalid for an unknown marker."""
    query = sa.select(models.Pod).order_by(models.Pod.region_name).limit(limit)
    if marker is not None:
        after = session.get(models.Pod, marker)
        if after is None:
            raise Invalid(f"marker: no pod has the id {marker}")
        query = query.where(models.Pod.region_name > after.region_name)
    if region_name is not None:
        query = query.where(models.Pod.region_name == region_name)
    if az_name is not None:
        query = query.where(models.Pod.az_name == az_name)
    return [_pod(row) for row in session.scalars(query)]


def delete(session: Session, pod_id: str) -> None:
    """Forget a pod. Raises NotFound; Conflict while routings point to it."""
    get(session, pod_id)
    try:
        with session.begin_nested():
            session.execute(sa.delete(models.Pod).where(models.Pod.pod_id == pod_id))
    except db_exc.DBReferenceError:
        routings = sa.select(sa.func.count()).select_from(models.Routing).where(models.Routing.pod_id == pod_id)
        raise Conflict(f"Pod {pod_id} is in use: {session.scalar(routings)} routings point to it") from None


def _conflict(session: Session, pod: Pod) -> Conflict:
    others = [other for other in list_all(session) if other.pod_id != pod.pod_id]
    return Conflict(clash(pod, others) or f"pod: {pod.region_name} was made or changed by another call meanwhile")


def _pod(row: models.Pod) -> Pod:
    return Pod(
        pod_id=row.pod_id,
        region_name=row.region_name,
        az_name=row.az_name,
        pod_az_name=row.pod_az_name,
        dc_name=row.dc_name,
        user_id=row.user_id or "",
        draining=bool(row.draining),
    )
