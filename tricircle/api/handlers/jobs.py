"""/v1.0/jobs: the queue, and what is done."""

from typing import Any

from tricircle.api import paging, times
from tricircle.api.context import Call
from tricircle.api.schemas import jobs as schemas
from tricircle.db import jobs
from tricircle.domain.jobs import Job
from tricircle.jobs.types import KINDS
from tricircle.policies import jobs as policies


def show(call: Call, job_id: str) -> dict[str, Any]:
    """GET /jobs/{id}."""
    call.authorize(policies.LIST)
    with call.services.database.reader() as session:
        return {"job": _shown(jobs.get(session, job_id))}


def list_(call: Call) -> dict[str, Any]:
    """GET /jobs and GET /jobs/detail."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    filters = {name: value.upper() if name == "status" else value for name, value in page.filters.items()}
    with call.services.database.reader() as session:
        found = jobs.list_page(session, filters, page.limit + 1, page.marker)
    return paging.answer(call.request, page, "jobs", [_shown(job) for job in found])


def list_schemas(call: Call) -> dict[str, Any]:
    """GET /jobs/schemas."""
    call.authorize(policies.SCHEMA_LIST)
    return {"schemas": [{"type": kind.type.value, "resource": list(kind.fields)} for kind in KINDS.values()]}


def _shown(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "project_id": job.project_id,
        "type": job.type.value,
        "status": job.status.value,
        "resource": dict(job.resource),
        "timestamp": times.write(job.updated_at),
        "created_at": times.write(job.created_at),
        "updated_at": times.write(job.updated_at),
        "attempts": job.attempts,
        "last_error": job.last_error,
        "next_attempt_at": times.write(job.next_attempt_at),
        "worker": job.worker,
    }
