"""Bodies and queries of /routings."""

from tricircle.api.schemas.common import TIME, TIME_OR_NULL, Schema, closed, collection, text
from tricircle.domain.routings import ResourceType

_FIELDS: dict[str, Schema] = {
    "top_id": text(),
    "bottom_id": text(),
    "pod_id": text(),
    "project_id": text(),
    "resource_type": {"enum": [kind.value for kind in ResourceType]},
}

CREATE: Schema = closed({"routing": closed(_FIELDS)})
UPDATE: Schema = closed({"routing": {**closed(_FIELDS, required=[]), "minProperties": 1}})

# What is shown may have been written by another version, with types that this one does not know.
_SHOWN_FIELDS = {name: {"type": "string"} for name in _FIELDS}
ROUTING: Schema = closed(
    {
        "id": {"type": "integer"},
        **_SHOWN_FIELDS,
        "created_at": TIME,
        "updated_at": TIME,
        "revision_number": {"type": ["integer", "null"]},
        "applied_at": TIME_OR_NULL,
    }
)
SHOWN: Schema = closed({"routing": ROUTING})
LIST: Schema = collection("routings", ROUTING)

LIST_FILTERS = frozenset({"id", *_FIELDS})
