"""The job types, one declaration each: validation, API schemas, command-line choices follow from them.

It imports the domain alone: the command line, which is installed without the servers, reads it too.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tricircle.domain import payloads
from tricircle.domain.errors import Invalid
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType


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


# What the column takes that holds a job's resource as its key.
_KEY_LENGTH = 512
# Keystone's longest id of a project.
_LONGEST_ID = 255

PayloadClass = type[Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """The field that says what a job is about.

    An object of central's is of a `resource_type`, and central's API has it in `collection`. Both are None of a project
    and of a pod.
    """

    field: str
    resource_type: ResourceType | None = None
    collection: str | None = None


_SUBJECTS = {
    subject.field: subject
    for subject in (
        Subject("router_id", ResourceType.ROUTER, "routers"),
        Subject("port_id", ResourceType.PORT, "ports"),
        Subject("project_id"),
        Subject("network_id", ResourceType.NETWORK, "networks"),
        Subject("subnet_id", ResourceType.SUBNET, "subnets"),
        Subject("trunk_id", ResourceType.TRUNK, "trunks"),
        Subject("portchain_id", ResourceType.PORT_CHAIN, "sfc/port_chains"),
        Subject("policy_id", ResourceType.QOS_POLICY, "qos/policies"),
        Subject("pod_id"),
    )
}


@dataclass(frozen=True, slots=True)
class JobKind:
    """Everything that is particular to one type of job.

    `payload` is the dataclass that its handler gets; its fields make the job's resource, and so its key. `about` names
    the field whose owner must be the job's project. `is_done`: whether this version has a handler that does such jobs.
    `made_by`: the call of the Admin API that makes such jobs, where that is another one than POST /jobs. `covers`: the
    fields whose value decides nothing, each with the one whose value it gets, so that the same work has one key.
    """

    type: JobType
    payload: PayloadClass
    about: str
    is_done: bool = True
    made_by: str | None = None
    covers: Mapping[str, str] = field(default_factory=dict)
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the ids that make a job's resource."""
        return tuple(part.name for part in fields(self.payload) if not part.kw_only)

    @property
    def max_length(self) -> int:
        """How long an id may be: all of them and their names fit into the resource's key."""
        names = sum(len(name) + len("=&") for name in self.fields)
        return min(_LONGEST_ID, (_KEY_LENGTH - names) // len(self.fields))

    @property
    def subject(self) -> Subject:
        """What a job is about."""
        return _SUBJECTS[self.about]

    def validate(self, resource: Mapping[str, str]) -> None:
        """Raise Invalid, naming them, for fields that are missing, too many or too long."""
        missing = sorted(set(self.fields) - {name for name, value in resource.items() if value.strip()})
        extra = sorted(set(resource) - set(self.fields))
        long = sorted(name for name, value in resource.items() if len(value) > self.max_length)
        if missing:
            raise Invalid(f"resource: {self.type} needs {', '.join(missing)}")
        if extra:
            raise Invalid(f"resource: {self.type} takes no {', '.join(extra)}")
        if long:
            raise Invalid(f"resource: {', '.join(long)} may have {self.max_length} characters")

    def canonical(self, resource: Mapping[str, str]) -> dict[str, str]:
        """A valid resource as such a job has it, whatever was named in the fields that decide nothing."""
        return {name: resource[self.covers.get(name, name)] for name in resource}

    @property
    def is_offered(self) -> bool:
        """Whether POST /jobs takes such jobs."""
        return self.made_by is None and self.is_done

    def require_offered(self) -> None:
        """Raise Invalid, saying why, if POST /jobs takes no such jobs."""
        if self.made_by is not None:
            raise Invalid(f"type: {self.type} is no job to be asked for here: {self.made_by} makes it")
        if not self.is_done:
            raise Invalid(f"type: this version of Tricircle does not do {self.type} yet, so that no such job is taken")

    def make_payload(
        self, resource: Mapping[str, str], changes: Collection[int] = (), request_ids: Collection[str] = ()
    ) -> Any:
        """The resource as its handler gets it, and what is handed on with it. Raises Invalid as `validate`."""
        self.validate(resource)
        return self.payload(**resource, changes=tuple(changes), request_ids=tuple(request_ids))


_KINDS = (
    JobKind(JobType.CONFIGURE_ROUTE, payloads.RouterEverywhere, "router_id"),
    # The whole part of the pod, in one go: docs/decisions/21-what-looks-odd.md
    JobKind(JobType.ROUTER_SETUP, payloads.RouterInPod, "router_id", covers={"network_id": "router_id"}),
    JobKind(JobType.PORT_DELETE, payloads.PortInPod, "port_id"),
    JobKind(JobType.PORT_UPDATE, payloads.PortInPod, "port_id"),
    JobKind(JobType.SEG_RULE_SETUP, payloads.Project, "project_id"),
    JobKind(JobType.SEG_RULE_SYNC, payloads.ProjectInPod, "project_id", made_by="POST /jobs with seg_rule_setup"),
    JobKind(JobType.UPDATE_NETWORK, payloads.NetworkInPod, "network_id"),
    JobKind(JobType.SUBNET_UPDATE, payloads.SubnetInPod, "subnet_id"),
    JobKind(JobType.SHADOW_PORT_SETUP, payloads.NetworkInPod, "network_id"),
    JobKind(JobType.TRUNK_SYNC, payloads.TrunkInPod, "trunk_id", is_done=False),
    JobKind(JobType.SFC_SYNC, payloads.PortChainInPod, "portchain_id", is_done=False),
    JobKind(JobType.RESOURCE_RECYCLE, payloads.Project, "project_id", is_done=False),
    JobKind(JobType.QOS_CREATE, payloads.QosBindingInPod, "policy_id", is_done=False),
    JobKind(JobType.QOS_UPDATE, payloads.QosPolicyInPod, "policy_id", is_done=False),
    JobKind(JobType.QOS_DELETE, payloads.QosPolicyInPod, "policy_id", is_done=False),
    JobKind(JobType.SYNC_QOS_RULE, payloads.QosRule, "policy_id", is_done=False),
    JobKind(JobType.AUDIT, payloads.AuditInPod, "pod_id", made_by="POST /audits"),
    JobKind(JobType.POD_DRAIN, payloads.WholePod, "pod_id", made_by="PUT /pods/{pod_id} with draining"),
    JobKind(JobType.POD_DELETE, payloads.WholePod, "pod_id", made_by="DELETE /pods/{pod_id}?force=true"),
)

KINDS: Mapping[JobType, JobKind] = {kind.type: kind for kind in _KINDS}


def validate(request: JobRequest) -> None:
    """Raise Invalid unless the request's resource has exactly the fields of its type."""
    KINDS[request.type].validate(request.resource)
