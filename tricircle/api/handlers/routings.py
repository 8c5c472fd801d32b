"""/v1.0/routings: which central object is where."""

from dataclasses import asdict
from typing import Any

from tricircle.api import body, paging, times
from tricircle.api.context import Call
from tricircle.api.schemas import routings as schemas
from tricircle.db import routings
from tricircle.domain.errors import Invalid, NotFound
from tricircle.domain.routings import NewRouting, Routing
from tricircle.policies import routings as policies


def create(call: Call) -> dict[str, Any]:
    """POST /routings."""
    call.authorize(policies.CREATE)
    new = NewRouting(**body.parse(call.request, schemas.CREATE)["routing"])
    return {"routing": _shown(call.services.database.write(lambda session: routings.create(session, new)))}


def update(call: Call, routing_id: str) -> dict[str, Any]:
    """PUT /routings/{id}."""
    call.authorize(policies.PUT)
    changes = body.parse(call.request, schemas.UPDATE)["routing"]
    number = _existing_number(routing_id)
    return {"routing": _shown(call.services.database.write(lambda session: routings.update(session, number, changes)))}


def delete(call: Call, routing_id: str) -> dict[str, Any]:
    """DELETE /routings/{id}."""
    call.authorize(policies.DELETE)
    number = _existing_number(routing_id)
    call.services.database.write(lambda session: routings.delete(session, number))
    return {}


def show(call: Call, routing_id: str) -> dict[str, Any]:
    """GET /routings/{id}."""
    call.authorize(policies.SHOW)
    number = _existing_number(routing_id)
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
    return paging.answer(call.request, page, "routings", found, show=_shown, marker=lambda routing: str(routing.id))


def _existing_number(text: str) -> int:
    number = _number(text)
    if number is None:
        raise NotFound(f"Routing {text} does not exist")
    return number


def _number(text: str) -> int | None:
    """An id as the number that it is; None if it can be none of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _shown(routing: Routing) -> dict[str, Any]:
    written = {name: times.write(getattr(routing, name)) for name in ("created_at", "updated_at", "applied_at")}
    return {**asdict(routing), **written}
