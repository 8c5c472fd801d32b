"""Audits: which of a region's copies differ from central, and the jobs that repair them. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobType
from tricircle.domain.routings import ResourceType

UNKNOWN_REVISION = -1

# Of others only the presence counts: revisions of ports at central grow by the region's own reports.
BY_REVISION = frozenset({ResourceType.NETWORK, ResourceType.SUBNET, ResourceType.SECURITY_GROUP})


@dataclasses.dataclass(frozen=True, slots=True)
class SeenCopy:
    """A copy as its region has it; ``revision`` is central's of what was last written into it."""

    id: str
    resource_type: ResourceType
    revision: int


@dataclasses.dataclass(frozen=True, slots=True)
class Wish:
    """The same object at central."""

    revision: int
    project_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """``jobs`` repair ``differing``; ``unknown``: central neither has these nor says that they are deleted."""

    jobs: tuple[JobRequest, ...]
    differing: tuple[str, ...]
    unknown: tuple[str, ...]


def findings(
    copies: Iterable[SeenCopy], wishes: Mapping[str, Wish], deleted: Mapping[str, str], pod_id: str
) -> Findings:
    """Compare a region's ``copies`` with central's objects (by id).

    ``deleted``: project ids of what was deleted at central, by object id. What is neither here nor there is not
    touched: a central database that was restored from a backup does not know the youngest objects, which are in use.
    """
    jobs: dict[tuple[str, ...], JobRequest] = {}
    differing: list[str] = []
    unknown: list[str] = []
    for copy in copies:
        wish = wishes.get(copy.id)
        if wish is None and copy.id not in deleted:
            unknown.append(copy.id)
        elif wish is None or (copy.resource_type in BY_REVISION and copy.revision < wish.revision):
            differing.append(copy.id)
            job = _repair(copy, wish.project_id if wish is not None else deleted[copy.id], pod_id)
            jobs[job.type, *sorted(job.resource.values())] = job
    return Findings(tuple(jobs.values()), tuple(differing), tuple(unknown))


def _repair(copy: SeenCopy, project_id: str, pod_id: str) -> JobRequest:
    if copy.resource_type in (ResourceType.SECURITY_GROUP, ResourceType.ADDRESS_GROUP):
        return JobRequest(JobType.SEG_RULE_SETUP, {"project_id": project_id or NO_PROJECT}, project_id)
    if copy.resource_type is ResourceType.ROUTER:
        resource = {"pod_id": pod_id, "router_id": copy.id, "network_id": copy.id}
        return JobRequest(JobType.ROUTER_SETUP, resource, project_id)
    types = {
        ResourceType.NETWORK: JobType.UPDATE_NETWORK,
        ResourceType.SUBNET: JobType.SUBNET_UPDATE,
        ResourceType.PORT: JobType.PORT_DELETE,
    }
    resource = {"pod_id": pod_id, f"{copy.resource_type}_id": copy.id}
    return JobRequest(types[copy.resource_type], resource, project_id)
