"""Declarations of job types against the code that they name."""

import typing

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.jobs.types import KINDS
from tricircle.reconcile import handlers
from tricircle.reconcile.remote import Regions


def test_every_declared_handler_takes_its_types_payload() -> None:
    database = Database("sqlite://")
    built = handlers.build(Regions(cfg.ConfigOpts(), database), database)
    assert set(built) == {kind.type for kind in KINDS.values() if kind.handler is not None}
    for type_, handler in built.items():
        hints = typing.get_type_hints(handler)
        hints.pop("return")
        assert list(hints.values()) == [KINDS[type_].payload]
