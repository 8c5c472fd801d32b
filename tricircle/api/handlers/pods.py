"""/v1.0/pods: the regions that Tricircle manages."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.orm import Session

from tricircle.api import body, paging, query, times
from tricircle.api.context import Accepted, Call
from tricircle.api.handlers import jobs as job_handlers
from tricircle.api.schemas import pods as schemas
from tricircle.db import jobs, pod_jobs, pods, region_states
from tricircle.domain.errors import Conflict, Unprocessable
from tricircle.domain.jobs import Job, JobType
from tricircle.domain.pods import Pod, check, check_account_is_free
from tricircle.domain.region_states import RegionState
from tricircle.policies import pods as policies

Fields = Mapping[str, Any]


def create(call: Call) -> dict[str, Any]:
    """POST /pods."""
    call.authorize(policies.CREATE)
    fields = {"region_name": "", **_stripped(body.parse(call.request, schemas.CREATE)["pod"])}
    _check_region(call, fields["region_name"])

    def transaction(session: Session) -> Pod:
        check(Pod("", **fields), None, pods.list_all(session))
        return pods.create(session, **fields)

    return _shown(call, call.services.database.write(transaction))


def show(call: Call, pod_id: str) -> dict[str, Any]:
    """GET /pods/{pod_id}."""
    call.authorize(policies.SHOW)
    with call.services.database.reader() as session:
        pod = pods.get(session, pod_id)
    return _shown(call, pod)


def list_(call: Call) -> dict[str, Any]:
    """GET /pods."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    with call.services.database.reader() as session:
        found = pods.list_all(session, limit=page.limit + 1, marker=page.marker, **page.filters)
        states = region_states.of(session, [pod.pod_id for pod in found])

    def show(pod: Pod) -> dict[str, Any]:
        return _fields(pod, states[pod.pod_id])

    return paging.answer(call.request, page, "pods", found, show=show, marker=lambda pod: pod.pod_id)


def update(call: Call, pod_id: str) -> dict[str, Any]:
    """PUT /pods/{pod_id}."""
    call.authorize(policies.UPDATE)
    changes = _stripped(body.parse(call.request, schemas.UPDATE)["pod"])
    with call.services.database.reader() as session:
        before, after = _checked(session, pod_id, changes)
    if after.region_name != before.region_name:
        _check_region(call, after.region_name)
        if not before.is_central:
            call.services.central.rename_region(before.region_name, after.region_name)

    def transaction(session: Session) -> Pod:
        return _change(session, before, changes, call)

    pod = call.services.database.write(transaction)
    call.services.queue.announce()
    return _shown(call, pod)


def delete(call: Call, pod_id: str) -> dict[str, Any]:
    """DELETE /pods/{pod_id}."""
    call.authorize(policies.DELETE)
    if query.parse_flag(call.request, "force"):
        return _delete_all(call, pod_id)
    call.services.database.write(lambda session: _delete(session, pod_id))
    return {}


def _delete_all(call: Call, pod_id: str) -> Accepted:
    """Have all that is known of a region taken away, which is gone for ever."""
    request = pod_jobs.request(JobType.POD_DELETE, pod_id, call.context.project_id or "", call.request_ids)

    def transaction(session: Session) -> Job:
        if pods.get(session, pod_id).is_central:
            raise Unprocessable("force: this is the central pod, of which no region is taken away: delete it without")
        pods.update(session, pod_id, {"draining": True})
        jobs.enqueue(session, [request])
        return jobs.get_waiting(session, request)

    job = call.services.database.write(transaction)
    call.services.queue.announce()
    return Accepted(job=job_handlers.shown(job))


def _delete(session: Session, pod_id: str) -> None:
    pod = pods.get(session, pod_id)
    check_account_is_free(pod, pods.list_all(session))
    _refuse_while_being_deleted(session, pod_id)
    pod_jobs.forget_waiting(session, JobType.POD_DRAIN, pod_id)
    pods.delete(session, pod_id)


def _change(session: Session, seen: Pod, changes: Fields, call: Call) -> Pod:
    """Change a pod as it was seen a moment ago; its job comes or goes with the change."""
    pod_id = seen.pod_id
    before, after = _checked(session, pod_id, changes)
    if before.region_name != seen.region_name:
        raise Conflict(f"region_name: {seen.region_name} has become {before.region_name} meanwhile: ask again")
    if after.draining and not before.draining:
        project_id = call.context.project_id or ""
        jobs.enqueue(session, [pod_jobs.request(JobType.POD_DRAIN, pod_id, project_id, call.request_ids)])
    if before.draining and not after.draining:
        _refuse_while_being_deleted(session, pod_id)
        pod_jobs.forget_waiting(session, JobType.POD_DRAIN, pod_id)
    return pods.update(session, pod_id, changes)


def _checked(session: Session, pod_id: str, changes: Fields) -> tuple[Pod, Pod]:
    """A pod as it is, and as it shall be. Raises NotFound; Conflict, Unprocessable if it cannot be so."""
    before = pods.get(session, pod_id)
    after = replace(before, **changes)
    _require_name(after.region_name)
    check(after, before, [pod for pod in pods.list_all(session) if pod.pod_id != pod_id])
    return before, after


def _refuse_while_being_deleted(session: Session, pod_id: str) -> None:
    job_id = pod_jobs.find(session, JobType.POD_DELETE, pod_id)
    if job_id is not None:
        raise Conflict(f"Pod {pod_id} is being deleted with all that is known of its region, by job {job_id}")


def _check_region(call: Call, region_name: str) -> None:
    _require_name(region_name)
    if call.services.regions is None:
        return
    known = call.services.regions.missing_from(region_name)
    if known is not None:
        raise Unprocessable(
            f"region_name: {region_name} has no network service in the Keystone catalogue; "
            f"these regions have: {', '.join(known) or 'none'}"
        )


def _require_name(region_name: str) -> None:
    if not region_name:
        raise Unprocessable("region_name: must name a region")


def _stripped(fields: Fields) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}


def _shown(call: Call, pod: Pod) -> dict[str, Any]:
    with call.services.database.reader() as session:
        state = region_states.of(session, [pod.pod_id])[pod.pod_id]
    return {"pod": _fields(pod, state)}


def _fields(pod: Pod, state: RegionState) -> dict[str, Any]:
    return {
        **asdict(pod),
        "state": state.state.value,
        "state_since": times.write(state.since),
        "last_heard_at": times.write(state.last_heard_at),
        "last_error": state.last_error,
        "last_error_at": times.write(state.last_error_at),
    }
