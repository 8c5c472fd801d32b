"""Quotas of a region: what is central's is counted there, once; a region counts what it has made by itself alone."""

import threading
from collections.abc import Mapping
from typing import Any

import cachetools
import sqlalchemy as sa
from neutron.conf import quota as quota_conf
from oslo_config import cfg

from tricircle.db.neutron.models import Copy
from tricircle.domain.jsons import Json
from tricircle.network import copied_models, neutron_internals

# Nova asks for its user's quotas before every boot: seconds for which it is told what central said last.
REMEMBER_SECONDS = 60
_PROJECTS = 1024  # of so many


class QuotaMemory:
    """What central has said within the last minute of quotas, by the project that asked for its own."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._answers: Any = cachetools.TTLCache(_PROJECTS, REMEMBER_SECONDS)
        self._lock = threading.Lock()

    def get(self, project_id: str) -> Json | None:
        """What ``GET /quotas/{project_id}`` shall answer, if that is known."""
        with self._lock:
            known: Json | None = self._answers.get(project_id)
            return known

    def remember(self, answers: Mapping[str, Json]) -> None:
        """Take what central has just said, by project id."""
        with self._lock:
            self._answers.update(answers)


def count_own(conf: cfg.ConfigOpts) -> None:
    """Let Neutron count this region's own objects only. To be called when the real core plugin is made.

    Neutron's default quota driver counts rows when it is asked; others keep counts by events of the models, which
    cannot leave copies out: with those, copies are counted in the region, too.
    """
    if conf.QUOTAS.quota_driver != quota_conf.QUOTA_DB_DRIVER:
        return
    for counted in (counted for model in copied_models.all_models() for counted in model.counted):
        neutron_internals.count_as(counted.resource, _own(counted.model, counted.column))


def _own(model: Any, column: str) -> type:
    """What Neutron counts in place of ``model``: its rows that are no copies. A class, as Neutron copies whatever else
    it is given.
    """
    copy = sa.exists().where(Copy.resource_id == getattr(model, column), Copy.deleted_at.is_(None))
    rows = sa.orm.aliased(model, sa.select(model).where(~copy).subquery())
    return type(f"Own{model.__name__}", (), {"project_id": rows.project_id})
