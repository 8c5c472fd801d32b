"""/v1.0/routings: which central object is where."""

from dataclasses import asdict
from typing import Any

from tricircle.api import paging, times
from tricircle.api.context import Call
from tricircle.api.schemas import routings as schemas
from tricircle.db import routings
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.routings import Routing
from tricircle.policies import routings as policies


def show(call: Call, routing_id: str) -> dict[str, Any]:
    """GET /routings/{id}."""
    call.authorize(policies.SHOW)
    number = _number(routing_id)
    if number is None:
        raise NotFound(f"Routing {routing_id} does not exist")
    with call.services.database.reader() as session:
        return {"routing": _shown(routings.get(session, number))}


def list_(call: Call) -> dict[str, Any]:
    """GET /routings."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    marker = None if page.marker is None else _number(page.marker)
    if page.marker is not None and marker is None:
        raise Invalid(f"marker: no routing has the id {page.marker}")
    filters: dict[str, str | int] = {**page.filters}
    if "id" in page.filters:
        number = _number(page.filters["id"])
        if number is None:
            return {"routings": []}
        filters["id"] = number
    with call.services.database.reader() as session:
        found = routings.list_page(session, filters, page.limit + 1, marker)
    return paging.answer(call.request, page, "routings", [_shown(routing) for routing in found])


def _number(text: str) -> int | None:
    """An id as the number that it is; None if it can be none of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _shown(routing: Routing) -> dict[str, Any]:
    created, updated = times.write(routing.created_at), times.write(routing.updated_at)
    return {**asdict(routing), "created_at": created, "updated_at": updated}
