"""Declarations of job types against the handlers that do them."""

import typing

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.domain.job_types import KINDS
from tricircle.jobs import handlers
from tricircle.regions.pods import Regions


def test_every_declared_handler_takes_its_types_payload() -> None:
    database = Database("sqlite://")
    regions = Regions(cfg.ConfigOpts(), database)
    built = handlers.build(regions, database)
    assert set(built) == {kind.type for kind in KINDS.values() if kind.is_done}
    assert len(built) == sum(len(handler(regions, database).handlers()) for handler in handlers.HANDLERS)
    for type_, handler in built.items():
        hints = typing.get_type_hints(handler)
        hints.pop("return")
        assert list(hints.values()) == [KINDS[type_].payload]
