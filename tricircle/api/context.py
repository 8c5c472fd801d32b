"""Who asks, and whether they may."""

from dataclasses import dataclass
from typing import Any

import webob
from oslo_context.context import RequestContext
from oslo_policy import policy

from tricircle.api.central import Central
from tricircle.api.regions import RegionCatalog
from tricircle.db.engine import Database
from tricircle.domain import requests
from tricircle.jobs.queue import JobQueue


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with. `regions` is None where pods' regions are not checked."""

    database: Database
    queue: JobQueue
    enforcer: policy.Enforcer
    regions: RegionCatalog | None
    central: Central
    max_limit: int


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request on its way to its handler."""

    request: webob.Request
    context: RequestContext
    services: Services

    @property
    def request_ids(self) -> tuple[str, ...]:
        """What the jobs that the call makes are to show: its id, or the one that its caller passed on."""
        return requests.known(self.context.global_id)

    def authorize(self, rule: str) -> None:
        """Raise oslo_policy.policy.PolicyNotAuthorized unless the caller may do what `rule` guards."""
        self.services.enforcer.authorize(rule, {}, self.context, do_raise=True)


class Accepted(dict[str, Any]):
    """The answer to a call whose work is only begun: 202."""
