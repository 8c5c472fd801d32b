"""Changes of central's objects that regions must hear of, as they are recorded before they become jobs."""

import dataclasses

from tricircle.domain.jobs import JobType


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Run ``job_type`` on ``resource_id`` wherever ``subject_id`` is present.

    ``subject_type`` is a ``ResourceType``, or another kind that is declared (``domain.copied_kinds``).
    ``field`` is the job resource's name for ``resource_id``; a type whose resource names a pod gets a job for each pod.
    ``except_region``: the region that told of the change itself. ``in_region``: one that has the subject, though no
    routing may say so yet. ``request_id``: of the request that made it, written with it; None: not known.
    """

    job_type: JobType
    subject_type: str
    subject_id: str
    field: str
    resource_id: str
    project_id: str
    except_region: str | None = None
    in_region: str | None = None
    request_id: str | None = None
