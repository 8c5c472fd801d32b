"""Tombstones as administrators see and make them, and their end."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from neutron.db.models import l3 as l3_models
from neutron_lib.db import api as db_api

from tricircle.db.neutron import departures, tombstones, versions
from tricircle.db.neutron.models import Tombstone
from tricircle.domain import copied_kinds
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network import copied_models, exceptions
from tricircle.network.central import freshness
from tricircle.network.central.records import Records

LOG = logging.getLogger(__name__)

# How many a list shows that asks for none by id.
PAGE = 500
# Seconds between two looks for old ones, and how many are read in one go.
PURGE_INTERVAL = 3600
_BATCH = 500


class Tombstones:
    """The extension ``tricircle-tombstone``, and the sweep of what is old."""

    def __init__(self, records: Records, retention: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``retention``: seconds for which a tombstone is kept at least."""
        self._records = records
        self._retention = retention
        self._clock = clock
        self._due = clock()

    def show(self, context: Any, id_: str) -> Json:
        """One.

        :raises TombstoneNotFound: there is none.
        """
        found = tombstones.of(context.elevated(), [id_])
        if id_ not in found:
            raise exceptions.TombstoneNotFound(id=id_)
        return _shown(found[id_])

    def list(self, context: Any, filters: Mapping[str, Sequence[str]]) -> "list[Json]":
        """Those of the ids (filter ``id``), or the youngest; of the types (``resource_type``), or of any."""
        ids, kinds = filters.get("id"), filters.get("resource_type") or ()
        if not ids:
            return [_shown(row) for row in tombstones.page(context.elevated(), PAGE, kinds)]
        found = tombstones.of(context.elevated(), ids)
        return [_shown(row) for row in found.values() if not kinds or row.resource_type in kinds]

    def create(self, context: Any, body: Json) -> Json:
        """Have an object known to be deleted (``id``, ``resource_type``), which regions may still have.

        :raises NotCopied: regions have no copies of such objects.
        :raises StillThere: central has it.
        :raises OtherTombstone: it is known to be deleted, as an object of another type.
        """
        admin, id_, kind = context.elevated(), body["id"], body["resource_type"]
        if not copied_kinds.is_declared(kind):
            raise exceptions.NotCopied(kind=kind, kinds=", ".join(known.type for known in copied_kinds.all_kinds()))
        freshness.require(admin, ())
        there = self._kind_of(admin, id_)
        if there is not None:
            raise exceptions.StillThere(resource_type=there, id=id_)
        known = tombstones.of(admin, [id_]).get(id_)
        if known is not None and known.resource_type != kind:
            raise exceptions.OtherTombstone(id=id_, resource_type=known.resource_type)
        if known is None:
            project_id = self._records.project_of(id_)
            with db_api.CONTEXT_WRITER.using(admin):
                tombstones.record(admin, kind, id_, project_id)
            LOG.warning("%s %s is said to be deleted: regions that have it lose it", kind, id_)
        return self.show(context, id_)

    def _kind_of(self, admin: Any, id_: str) -> str | None:
        """As what central has the object, or one that it has a region make."""
        with db_api.CONTEXT_READER.using(admin):
            for declared in copied_models.all_models():
                model = declared.model
                if admin.session.scalar(sa.select(model.id).where(model.id == id_)) is not None:
                    return declared.kind.type
        router_id = self._records.router_of(id_)
        if router_id is None:
            return None
        with db_api.CONTEXT_READER.using(admin):
            there = admin.session.scalar(sa.select(l3_models.Router.id).where(l3_models.Router.id == router_id))
        return ResourceType.ROUTER if there is not None else None

    def purge(self, admin: Any) -> None:
        """Drop what was deleted long ago and is in no region any more, if it is time; and what left long ago."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + PURGE_INTERVAL
        after = ""
        while ids := tombstones.old(admin, self._retention, after, _BATCH):
            tombstones.forget(admin, set(ids) - self._records.still_routed(ids))
            after = ids[-1]
        departures.purge(admin)
        versions.purge(admin)


def _shown(row: Tombstone) -> Json:
    return {
        "id": row.resource_id,
        "resource_type": row.resource_type,
        "project_id": row.project_id,
        "deleted_at": f"{row.deleted_at.isoformat(timespec='seconds')}Z",
    }
