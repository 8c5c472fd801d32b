"""What does the work of each job type: a class for each kind of object, a method for each type."""

from collections.abc import Mapping

from tricircle.db.engine import Database
from tricircle.domain.jobs import Handler, JobType
from tricircle.jobs.handlers.audits import AuditHandler
from tricircle.jobs.handlers.base import JobHandler
from tricircle.jobs.handlers.copies import CopyHandler
from tricircle.jobs.handlers.pods import PodHandler
from tricircle.jobs.handlers.remote_endpoints import RemoteEndpointHandler
from tricircle.jobs.handlers.routers import RouterHandler
from tricircle.jobs.handlers.security_groups import SecurityGroupHandler
from tricircle.regions.protocols import Regions

HANDLERS: tuple[type[JobHandler], ...] = (
    AuditHandler,
    CopyHandler,
    PodHandler,
    RemoteEndpointHandler,
    RouterHandler,
    SecurityGroupHandler,
)


def build(regions: Regions, database: Database) -> Mapping[JobType, Handler]:
    """The handlers of every job type that this version can do; each is safe to call from several threads."""
    return {type_: handle for handler in HANDLERS for type_, handle in handler(regions, database).handlers().items()}
