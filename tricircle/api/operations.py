"""The route table: every operation of the API, by path and method. Router and OpenAPI document follow it."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from tricircle.api import openapi
from tricircle.api.context import Call
from tricircle.api.handlers import audits, drifts, jobs, pods, routings, versions
from tricircle.api.schemas import audits as audit_schemas
from tricircle.api.schemas import common
from tricircle.api.schemas import drifts as drift_schemas
from tricircle.api.schemas import jobs as job_schemas
from tricircle.api.schemas import pods as pod_schemas
from tricircle.api.schemas import routings as routing_schemas
from tricircle.api.schemas import versions as version_schemas

Handler = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method does on one path.

    `handler` gets the call, and the path's variables by name. `answer` and `body` are the JSON schemas of what is
    answered with `status` and of what is sent; `accepted` of what is answered with 202 where the work is only begun.
    `filters` are the query's names beside limit and marker, None where nothing is listed; `query` are schemas of other
    names in it; `errors` the codes that callers meet beside 400, 401, 403 and 503; `public`: no token needed.
    """

    handler: Handler
    summary: str
    answer: common.Schema
    status: int = 200
    accepted: common.Schema | None = None
    body: common.Schema | None = None
    filters: AbstractSet[str] | None = None
    query: Mapping[str, common.Schema] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    public: bool = False


def _document(call: Call) -> dict[str, Any]:
    return openapi.build(OPERATIONS, call.request.application_url.rstrip("/") or "/")


_JOBS = Operation(
    jobs.list_, "List jobs: the queue, then what is done", job_schemas.LIST, filters=job_schemas.LIST_FILTERS
)

OPERATIONS: dict[str, dict[str, Operation]] = {
    "/": {"GET": Operation(versions.list_, "List versions", version_schemas.LIST, public=True)},
    "/v1.0": {"GET": Operation(versions.show, "Show where the collections are", version_schemas.SHOWN)},
    "/v1.0/openapi.json": {
        "GET": Operation(_document, "Describe the API in OpenAPI's terms", {"type": "object"}),
    },
    "/v1.0/pods": {
        "GET": Operation(pods.list_, "List pods", pod_schemas.LIST, filters=pod_schemas.LIST_FILTERS),
        "POST": Operation(
            pods.create, "Create a pod", pod_schemas.SHOWN, body=pod_schemas.CREATE, errors=(409, 413, 422)
        ),
    },
    "/v1.0/pods/{pod_id}": {
        "GET": Operation(pods.show, "Show a pod", pod_schemas.SHOWN, errors=(404,)),
        "PUT": Operation(
            pods.update, "Change a pod", pod_schemas.SHOWN, body=pod_schemas.UPDATE, errors=(404, 409, 413, 422)
        ),
        "DELETE": Operation(
            pods.delete,
            "Delete a pod",
            common.NOTHING,
            accepted=job_schemas.SHOWN,
            query=pod_schemas.DELETE_QUERY,
            errors=(404, 409, 422),
        ),
    },
    "/v1.0/routings": {
        "GET": Operation(routings.list_, "List routings", routing_schemas.LIST, filters=routing_schemas.LIST_FILTERS),
        "POST": Operation(
            routings.create, "Create a routing", routing_schemas.SHOWN, body=routing_schemas.CREATE, errors=(409, 413)
        ),
    },
    "/v1.0/routings/{routing_id}": {
        "GET": Operation(routings.show, "Show a routing", routing_schemas.SHOWN, errors=(404,)),
        "PUT": Operation(
            routings.update,
            "Change a routing",
            routing_schemas.SHOWN,
            body=routing_schemas.UPDATE,
            errors=(404, 409, 413),
        ),
        "DELETE": Operation(routings.delete, "Delete a routing", common.NOTHING, errors=(404,)),
    },
    "/v1.0/audits": {
        "POST": Operation(
            audits.create,
            "Have regions' copies compared with central's objects",
            job_schemas.LIST,
            status=202,
            body=audit_schemas.CREATE,
            errors=(413,),
        ),
    },
    "/v1.0/drifts": {
        "GET": Operation(
            drifts.list_,
            "List what audits have found to differ",
            drift_schemas.LIST,
            filters=drift_schemas.LIST_FILTERS,
        ),
    },
    "/v1.0/jobs": {
        "GET": _JOBS,
        "POST": Operation(
            jobs.create, "Create a job", job_schemas.SHOWN, status=202, body=job_schemas.CREATE, errors=(413,)
        ),
    },
    "/v1.0/jobs/detail": {"GET": _JOBS},
    "/v1.0/jobs/schemas": {"GET": Operation(jobs.list_schemas, "List the job types", job_schemas.SCHEMAS)},
    "/v1.0/jobs/{job_id}": {
        "GET": Operation(jobs.show, "Show a job", job_schemas.SHOWN, errors=(404,)),
        "PUT": Operation(jobs.redo, "Run a job at once", job_schemas.SHOWN, errors=(404,)),
        "DELETE": Operation(jobs.delete, "Delete a job", common.NOTHING, errors=(404,)),
    },
}
