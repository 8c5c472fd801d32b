"""Bodies and queries of /drifts."""

from tricircle.api.schemas.common import TIME, TIME_OR_NULL, Schema, closed, collection
from tricircle.domain.drifts import DriftState

_NAME: Schema = {"type": "string"}
# Whatever JSON has: a field's value.
_ANY: Schema = {}

_DIFFERENCE: Schema = closed({"field": _NAME, "desired": _ANY, "observed": _ANY})
_REPAIR: Schema = closed(
    {"type": _NAME, "resource": {"type": "object", "additionalProperties": _NAME}, "project_id": _NAME}
)

DRIFT: Schema = closed(
    {
        "id": {"type": "integer"},
        "pod_id": _NAME,
        "region_name": _NAME,
        "resource_type": _NAME,
        "resource_id": _NAME,
        "project_id": _NAME,
        "state": {"enum": [state.value for state in DriftState]},
        "differences": {"type": "array", "items": _DIFFERENCE},
        "description": _NAME,
        "repair": {"oneOf": [_REPAIR, {"type": "null"}]},
        "found_at": TIME,
        "seen_at": TIME,
        "repaired_at": TIME_OR_NULL,
        "mended_at": TIME_OR_NULL,
    }
)
LIST: Schema = collection("drifts", DRIFT)

# Columns of a drift; and what is more than one.
COLUMNS = frozenset({"pod_id", "resource_type", "resource_id", "project_id", "state"})
LIST_FILTERS = COLUMNS | {"region_name", "age", "mended"}
