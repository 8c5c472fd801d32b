"""Departures: names that a network (MACs) or a group (addresses) may have no more. At central.

What is there says itself when it was changed; of what is gone, somebody must. They are kept longer than a region is
usually away; one that has an older version finds that it lacks something, and gets the whole.
"""

import datetime
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import Departure

KEEP_SECONDS = 86400
_BATCH = 500


def note(context: Any, departed: Iterable[tuple[str, str]]) -> None:
    """Write (subject id, name) down, inside the caller's transaction."""
    rows = [{"subject_id": subject_id, "name": name} for subject_id, name in sorted(set(departed))]
    if rows:
        context.session.execute(sa.insert(Departure), rows)


def since(
    context: Any, subject_ids: Collection[str], earliest: datetime.datetime
) -> dict[str, list[tuple[datetime.datetime, str]]]:
    """By subject id, when which names left, from a moment on (naive, UTC)."""
    found: dict[str, list[tuple[datetime.datetime, str]]] = {}
    query = sa.select(Departure.subject_id, Departure.left_at, Departure.name).where(
        Departure.subject_id.in_(subject_ids), Departure.left_at >= earliest
    )
    with db_api.CONTEXT_READER.using(context):
        for subject_id, left_at, name in context.session.execute(query):
            found.setdefault(subject_id, []).append((left_at, name))
    return found


def purge(context: Any) -> None:
    """Drop the old ones, some at a time."""
    while _purge_some(context) == _BATCH:
        continue


def _purge_some(context: Any) -> int:
    with db_api.CONTEXT_WRITER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=KEEP_SECONDS)
        query = sa.select(Departure.id).where(Departure.left_at < oldest).limit(_BATCH)
        old = list(context.session.scalars(query))
        for number in sorted(old):
            context.session.execute(sa.delete(Departure).where(Departure.id == number))
    return len(old)
