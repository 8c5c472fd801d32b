"""/v1.0/pods: the regions that Tricircle manages."""

from dataclasses import asdict
from typing import Any

from tricircle.api import body, paging
from tricircle.api.context import Call
from tricircle.api.schemas import pods as schemas
from tricircle.db import pods
from tricircle.domain.errors import Unprocessable
from tricircle.domain.pods import Pod
from tricircle.policies import pods as policies


def create(call: Call) -> dict[str, Any]:
    """POST /pods."""
    call.authorize(policies.CREATE)
    fields = {name: value.strip() for name, value in body.parse(call.request, schemas.CREATE)["pod"].items()}
    if not fields.get("region_name"):
        raise Unprocessable("region_name: must name a region")
    _check_region(call, fields["region_name"])
    return _shown(call.services.database.write(lambda session: pods.create(session, **fields)))


def show(call: Call, pod_id: str) -> dict[str, Any]:
    """GET /pods/{pod_id}."""
    call.authorize(policies.SHOW)
    with call.services.database.reader() as session:
        return _shown(pods.get(session, pod_id))


def list_(call: Call) -> dict[str, Any]:
    """GET /pods."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    with call.services.database.reader() as session:
        found = pods.list_all(session, limit=page.limit + 1, marker=page.marker, **page.filters)
    return paging.answer(call.request, page, "pods", found, show=asdict, marker=lambda pod: pod.pod_id)


def delete(call: Call, pod_id: str) -> dict[str, Any]:
    """DELETE /pods/{pod_id}."""
    call.authorize(policies.DELETE)
    call.services.database.write(lambda session: pods.delete(session, pod_id))
    return {}


def _check_region(call: Call, region_name: str) -> None:
    if call.services.regions is None:
        return
    known = call.services.regions.missing_from(region_name)
    if known is not None:
        raise Unprocessable(
            f"region_name: {region_name} has no network service in the Keystone catalogue; "
            f"these regions have: {', '.join(known) or 'none'}"
        )


def _shown(pod: Pod) -> dict[str, Any]:
    return {"pod": asdict(pod)}
