"""Which handler does which type of job."""

from collections.abc import Mapping

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.domain.jobs import Handler, JobType


def build(conf: cfg.ConfigOpts, database: Database) -> Mapping[JobType, Handler]:  # noqa: ARG001
    """The handlers of every job type that this version can do; each is safe to call from several threads."""
    return {}
