"""/v1.0/audits: regions' copies compared with central's objects, by a job for each region."""

from typing import Any

from sqlalchemy.orm import Session

from tricircle.api import body
from tricircle.api.context import Call
from tricircle.api.handlers import jobs as job_handlers
from tricircle.api.schemas import audits as schemas
from tricircle.db import jobs, pod_jobs, pods
from tricircle.domain import audits, copied_kinds
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.jobs import Job
from tricircle.domain.payloads import ALL_KINDS
from tricircle.domain.pods import Pod
from tricircle.policies import audits as policies


def create(call: Call) -> dict[str, Any]:
    """POST /audits."""
    call.authorize(policies.CREATE)
    desired = body.parse(call.request, schemas.CREATE)["audit"]
    resource_type = _checked_type(desired.get("resource_type", ALL_KINDS))
    project_id = call.context.project_id or ""

    def transaction(session: Session) -> list[Job]:
        requests = [
            audits.request(pod.pod_id, project_id, resource_type=resource_type, repairs=desired.get("repair", False))
            for pod in _pods(session, desired.get("region_name"))
        ]
        jobs.enqueue(session, requests)
        return [jobs.get_waiting(session, request) for request in requests]

    made = call.services.database.write(transaction)
    call.services.queue.announce()
    return {"jobs": [job_handlers.shown(job) for job in made]}


def _pods(session: Session, region_name: str | None) -> list[Pod]:
    """The region's, or those of all regions. Raises Invalid for a region that is none."""
    if region_name is None:
        gone = pod_jobs.being_deleted(session)
        return [pod for pod in pods.list_all(session) if not pod.is_central and pod.pod_id not in gone]
    try:
        pod = pods.get_by_region(session, region_name)
    except NotFound as error:
        raise Invalid(f"region_name: {error.message}") from None
    if pod.is_central:
        raise Invalid(f"region_name: {region_name} is the central pod, which has no copies of anything")
    return [pod]


def _checked_type(name: str) -> str:
    if name == ALL_KINDS or copied_kinds.is_declared(name):
        return name
    known = ", ".join(kind.type for kind in copied_kinds.all_kinds())
    raise Invalid(f"resource_type: regions have no copies of {name}, but of {known}")
