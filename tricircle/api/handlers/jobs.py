"""/v1.0/jobs: the queue, and what is done."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from tricircle.api import body, paging, times
from tricircle.api.context import Call
from tricircle.api.schemas import jobs as schemas
from tricircle.db import jobs, pods, routings
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import Job, JobRequest, JobType
from tricircle.policies import jobs as policies


def create(call: Call) -> dict[str, Any]:
    """POST /jobs."""
    call.authorize(policies.CREATE)
    asked_for = body.parse(call.request, schemas.OUTLINE)["job"]
    asked_by = call.request_ids
    request = JobRequest(
        JobType(asked_for["type"]), asked_for["resource"], asked_for["project_id"], request_ids=asked_by
    )
    kind = KINDS[request.type]
    kind.require_offered()
    kind.validate(request.resource)
    request = dataclasses.replace(request, resource=kind.canonical(request.resource))
    with call.services.database.reader() as session:
        _check_pod(session, request)
        owners = _owners(session, request)
    _check_subject(call, request, owners)
    return {"job": shown(call.services.queue.submit(request))}


def redo(call: Call, job_id: str) -> dict[str, Any]:
    """PUT /jobs/{id}."""
    call.authorize(policies.REDO)
    return {"job": shown(call.services.queue.redo(job_id, call.request_ids))}


def delete(call: Call, job_id: str) -> dict[str, Any]:
    """DELETE /jobs/{id}."""
    call.authorize(policies.DELETE)
    call.services.queue.delete(job_id)
    return {}


def show(call: Call, job_id: str) -> dict[str, Any]:
    """GET /jobs/{id}."""
    call.authorize(policies.LIST)
    with call.services.database.reader() as session:
        return {"job": shown(jobs.get(session, job_id))}


def list_(call: Call) -> dict[str, Any]:
    """GET /jobs and GET /jobs/detail."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    filters = {name: value.upper() if name == "status" else value for name, value in page.filters.items()}
    after = None if page.marker is None else _read_marker(page.marker)
    with call.services.database.reader() as session:
        found = jobs.list_page(session, filters, page.limit + 1, after)
    return paging.answer(call.request, page, "jobs", found, show=shown, marker=_write_marker)


def list_schemas(call: Call) -> dict[str, Any]:
    """GET /jobs/schemas."""
    call.authorize(policies.SCHEMA_LIST)
    return {"schemas": [{"type": kind.type.value, "resource": list(kind.fields)} for kind in KINDS.values()]}


def _check_pod(session: Session, request: JobRequest) -> None:
    if "pod_id" not in request.resource:
        return
    try:
        pods.get(session, request.resource["pod_id"])
    except NotFound as error:
        raise Invalid(f"resource.pod_id: {error.message}") from None


def _owners(session: Session, request: JobRequest) -> set[str]:
    """The projects that own what the job is about, as far as Tricircle knows."""
    subject = KINDS[request.type].subject
    value = request.resource[subject.field]
    if subject.resource_type is None:
        return {value}
    return {
        routing.project_id for routing in routings.find(session, top_ids=[value], resource_type=subject.resource_type)
    }


def _check_subject(call: Call, request: JobRequest, owners: set[str]) -> None:
    """It must exist, or have existed of late, and must not be known as another project's."""
    subject = KINDS[request.type].subject
    value = request.resource[subject.field]
    if owners and request.project_id not in owners:
        raise Invalid(f"resource.{subject.field}: {value} is not of project {request.project_id}")
    if owners or subject.collection is None:
        return
    if not call.services.central.has(subject.collection, value):
        raise Invalid(f"resource.{subject.field}: central Neutron knows no {subject.resource_type} {value}")


def _read_marker(text: str) -> str | jobs.Position:
    """A job's id, or a position as links have it."""
    created_at, comma, job_id = text.partition(",")
    if not comma:
        return text
    try:
        return jobs.Position(datetime.fromisoformat(created_at).astimezone(UTC), job_id)
    except (ValueError, OverflowError):
        raise Invalid(f"marker: no job has the id {text}") from None


def _write_marker(job: Job) -> str:
    """Jobs in the queue may be done before the next page is asked for: their place is told by more than the id."""
    return job.id if job.logged else f"{times.write(job.created_at)},{job.id}"


def shown(job: Job) -> dict[str, Any]:
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
        "request_ids": list(job.request_ids),
    }
