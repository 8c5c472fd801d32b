"""Audits by revision: which of a region's copies are older than central's objects, or stray. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from tricircle.domain import copied_kinds
from tricircle.domain.drifts import REVISION, Difference, Drift, DriftState
from tricircle.domain.jobs import JobRequest

UNKNOWN_REVISION = -1


@dataclasses.dataclass(frozen=True, slots=True)
class ObservedCopy:
    """A copy as its region has it; ``revision`` is central's of what was last written into it."""

    id: str
    resource_type: str
    revision: int


@dataclasses.dataclass(frozen=True, slots=True)
class Desired:
    """The same object at central."""

    revision: int
    project_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """What differs, or is unknown: central neither has these nor says that they are deleted."""

    drifts: tuple[Drift, ...]

    @property
    def jobs(self) -> tuple[JobRequest, ...]:
        """Those that repair what differs; groups of one project are repaired by one."""
        repairs = [drift.repair for drift in self.drifts if drift.repair is not None]
        return tuple({(job.type, *sorted(job.resource.values())): job for job in repairs}.values())

    @property
    def differing(self) -> tuple[str, ...]:
        """Ids of what is repaired."""
        return tuple(drift.resource_id for drift in self.drifts if drift.repair is not None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Ids of what nobody may touch."""
        return tuple(drift.resource_id for drift in self.drifts if drift.state is DriftState.UNKNOWN)


def findings(
    copies: Iterable[ObservedCopy], desired: Mapping[str, Desired], deleted: Mapping[str, str], pod_id: str
) -> Findings:
    """Compare a region's ``copies`` with central's objects (by id), by their revisions.

    ``deleted``: project ids of what was deleted at central, by object id. What is neither here nor there is not
    touched: a central database that was restored from a backup does not know the youngest objects, which are in use.
    """
    found = (_drift(copy, desired.get(copy.id), deleted.get(copy.id), pod_id) for copy in copies)
    return Findings(tuple(drift for drift in found if drift is not None))


def _drift(copy: ObservedCopy, there: Desired | None, deleted: str | None, pod_id: str) -> Drift | None:
    kind = copied_kinds.get(copy.resource_type)
    differences: tuple[Difference, ...] = ()
    if there is not None:
        if not kind.has_revision or copy.revision >= there.revision:
            return None
        state, differences = DriftState.DIFFERS, (Difference(REVISION, there.revision, copy.revision),)
    else:
        state = DriftState.UNKNOWN if deleted is None else DriftState.STRAY
    project_id = there.project_id if there is not None else deleted
    return Drift(
        resource_type=kind.type,
        resource_id=copy.id,
        project_id=project_id or "",
        state=state,
        differences=differences,
        repair=None if project_id is None else kind.job(copy.id, project_id, pod_id),
    )
