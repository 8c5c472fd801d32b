"""/v1.0/drifts: what audits have found to differ in regions."""

from dataclasses import asdict
from typing import Any

from tricircle.api import paging, query, times
from tricircle.api.context import Call
from tricircle.api.schemas import drifts as schemas
from tricircle.db import drifts, pods
from tricircle.domain.drifts import DriftQuery, StoredDrift, repair_to_json
from tricircle.domain.errors import Invalid
from tricircle.policies import drifts as policies

# Of an id, or of an age in seconds: thirty years.
_DIGITS = 9


def list_(call: Call) -> dict[str, Any]:
    """GET /drifts."""
    call.authorize(policies.LIST)
    page = paging.parse(call.request, schemas.LIST_FILTERS, call.services.max_limit)
    marker = None if page.marker is None else _number("marker", page.marker)
    with call.services.database.reader() as session:
        names = {pod.pod_id: pod.region_name for pod in pods.list_all(session)}
        wanted = _query(page.filters, names)
        found = drifts.list_page(session, wanted, page.limit + 1, marker)

    def show(stored: StoredDrift) -> dict[str, Any]:
        return _shown(stored, names.get(stored.pod_id, ""))

    return paging.answer(call.request, page, "drifts", found, show=show, marker=lambda stored: str(stored.id))


def _query(filters: dict[str, str], names: dict[str, str]) -> DriftQuery:
    """Raises Invalid for an age that is no number of seconds, and for a flag that is none."""
    columns = {name: value for name, value in filters.items() if name in schemas.COLUMNS}
    if "region_name" in filters:
        pod_id = next((id_ for id_, name in names.items() if name == filters["region_name"]), "")
        if columns.setdefault("pod_id", pod_id) != pod_id:
            columns["pod_id"] = ""  # there is no such pod
    age = filters.get("age")
    return DriftQuery(
        columns=columns,
        min_age=None if age is None else _number("age", age),
        mended=query.read_flag("mended", filters.get("mended", "false")),
    )


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Invalid(f"{name}: {text!r} is no whole number of up to {_DIGITS} digits")
    return int(text)


def _shown(stored: StoredDrift, region_name: str) -> dict[str, Any]:
    drift = stored.drift
    written = ("found_at", "seen_at", "repaired_at", "mended_at")
    return {
        "id": stored.id,
        "pod_id": stored.pod_id,
        "region_name": region_name,
        "resource_type": drift.resource_type,
        "resource_id": drift.resource_id,
        "project_id": drift.project_id,
        "state": drift.state.value,
        "differences": [asdict(difference) for difference in drift.differences],
        "description": drift.describe(),
        "repair": repair_to_json(drift.repair),
        **{name: times.write(getattr(stored, name)) for name in written},
    }
