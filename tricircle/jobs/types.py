"""The job types: one declaration each, from which validation, API schema and command-line choices follow."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from tricircle.domain.errors import Invalid
from tricircle.domain.jobs import JobRequest, JobType


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off; all in seconds. `spread` is the part of a delay that is drawn by chance."""

    first: float = 1.0
    factor: float = 2.0
    longest: float = 60.0
    spread: float = 0.25

    def delay(self, attempts: int) -> float:
        """How long to wait after so many runs have failed (1 or more)."""
        exponent = min(max(attempts - 1, 0), 64)  # beyond that only the cap counts
        whole = min(self.first * self.factor**exponent, self.longest)
        return whole * (1 - self.spread * random.random())  # noqa: S311 - only keeps jobs from marching in step


@dataclass(frozen=True, slots=True)
class JobKind:
    """What a job of `type` works on: the names of the ids that make its resource."""

    type: JobType
    fields: tuple[str, ...]
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def validate(self, resource: Mapping[str, str]) -> None:
        """Raise Invalid, naming them, for fields that are missing or too many."""
        missing = sorted(set(self.fields) - {name for name, value in resource.items() if value})
        extra = sorted(set(resource) - set(self.fields))
        if missing:
            raise Invalid(f"resource: {self.type} needs {', '.join(missing)}")
        if extra:
            raise Invalid(f"resource: {self.type} takes no {', '.join(extra)}")


_KINDS = (
    JobKind(JobType.CONFIGURE_ROUTE, ("router_id",)),
    JobKind(JobType.ROUTER_SETUP, ("pod_id", "router_id", "network_id")),
    JobKind(JobType.PORT_DELETE, ("pod_id", "port_id")),
    JobKind(JobType.SEG_RULE_SETUP, ("project_id",)),
    JobKind(JobType.UPDATE_NETWORK, ("pod_id", "network_id")),
    JobKind(JobType.SUBNET_UPDATE, ("pod_id", "subnet_id")),
    JobKind(JobType.SHADOW_PORT_SETUP, ("pod_id", "network_id")),
    JobKind(JobType.TRUNK_SYNC, ("pod_id", "trunk_id")),
    JobKind(JobType.SFC_SYNC, ("pod_id", "portchain_id", "network_id")),
    JobKind(JobType.RESOURCE_RECYCLE, ("project_id",)),
    JobKind(JobType.QOS_CREATE, ("pod_id", "policy_id", "res_type", "res_id")),
    JobKind(JobType.QOS_UPDATE, ("pod_id", "policy_id")),
    JobKind(JobType.QOS_DELETE, ("pod_id", "policy_id")),
    JobKind(JobType.SYNC_QOS_RULE, ("rule_id", "policy_id")),
)

KINDS: Mapping[JobType, JobKind] = {kind.type: kind for kind in _KINDS}


def validate(request: JobRequest) -> None:
    """Raise Invalid unless the request's resource has exactly the fields of its type."""
    KINDS[request.type].validate(request.resource)
