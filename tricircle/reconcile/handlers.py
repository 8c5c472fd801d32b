"""Handlers by job type, as the types' declarations name them."""

from collections.abc import Mapping
from typing import Any

from oslo_utils import importutils

from tricircle.db.engine import Database
from tricircle.domain.jobs import Handler, JobType
from tricircle.jobs.types import KINDS
from tricircle.reconcile.remote import Regions


def build(regions: Regions, database: Database) -> Mapping[JobType, Handler]:
    """The handlers of every job type that this version can do; each is safe to call from several threads.

    Raises ImportError or AttributeError for a declaration that names what does not exist.
    """
    reconcilers: dict[str, Any] = {}
    handlers: dict[JobType, Handler] = {}
    for kind in KINDS.values():
        if kind.handler is None:
            continue
        class_name, _, method = kind.handler.replace(":", ".").rpartition(".")
        if class_name not in reconcilers:
            reconcilers[class_name] = importutils.import_class(class_name)(regions, database)
        handlers[kind.type] = getattr(reconcilers[class_name], method)
    return handlers
