"""Audits: which of a region's copies differ from central, and the jobs that repair them. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType

UNKNOWN_REVISION = -1


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
    """``jobs`` repair ``differing``; ``unknown``: neither central nor its routings know these copies."""

    jobs: tuple[JobRequest, ...]
    differing: tuple[str, ...]
    unknown: tuple[str, ...]


def findings(
    copies: Iterable[SeenCopy], wishes: Mapping[str, Wish], routed: Mapping[str, str], pod_id: str
) -> Findings:
    """Compare a region's ``copies`` with central's objects (by id).

    ``routed``: project ids of what central has recorded to be in the region, by object id. What is recorded and is no
    more at central was deleted there. What is neither is not touched: a central database that was restored from a
    backup does not know the youngest objects, which are in use.

    Of ports only the presence counts: their revisions at central grow by the region's own reports.
    """
    jobs: dict[tuple[str, ...], JobRequest] = {}
    differing: list[str] = []
    unknown: list[str] = []
    for copy in copies:
        wish = wishes.get(copy.id)
        if wish is None and copy.id not in routed:
            unknown.append(copy.id)
        elif wish is None or (copy.resource_type is not ResourceType.PORT and copy.revision < wish.revision):
            differing.append(copy.id)
            job = _repair(copy, wish.project_id if wish is not None else routed[copy.id], pod_id)
            jobs[job.type, *sorted(job.resource.values())] = job
    return Findings(tuple(jobs.values()), tuple(differing), tuple(unknown))


def _repair(copy: SeenCopy, project_id: str, pod_id: str) -> JobRequest:
    if copy.resource_type is ResourceType.SECURITY_GROUP:
        return JobRequest(JobType.SEG_RULE_SETUP, {"project_id": project_id}, project_id)
    types = {
        ResourceType.NETWORK: JobType.UPDATE_NETWORK,
        ResourceType.SUBNET: JobType.SUBNET_UPDATE,
        ResourceType.PORT: JobType.PORT_DELETE,
    }
    resource = {"pod_id": pod_id, f"{copy.resource_type}_id": copy.id}
    return JobRequest(types[copy.resource_type], resource, project_id)
