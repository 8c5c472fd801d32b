"""Audits: which of a region's copies differ from central, and the jobs that repair them. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from tricircle.domain import copied_kinds
from tricircle.domain.jobs import JobRequest

UNKNOWN_REVISION = -1


@dataclasses.dataclass(frozen=True, slots=True)
class SeenCopy:
    """A copy as its region has it; ``revision`` is central's of what was last written into it."""

    id: str
    resource_type: str
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
        wish, kind = wishes.get(copy.id), copied_kinds.get(copy.resource_type)
        if wish is None and copy.id not in deleted:
            unknown.append(copy.id)
        elif wish is None or (kind.has_revision and copy.revision < wish.revision):
            differing.append(copy.id)
            job = kind.job(copy.id, wish.project_id if wish is not None else deleted[copy.id], pod_id)
            jobs[job.type, *sorted(job.resource.values())] = job
    return Findings(tuple(jobs.values()), tuple(differing), tuple(unknown))
