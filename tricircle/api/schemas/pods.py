"""Bodies and queries of /pods."""

from tricircle.api.schemas.common import TEXT_OR_NULL, TIME_OR_NULL, Schema, closed, collection
from tricircle.domain.region_states import Reach

_TEXT: Schema = {"type": "string", "maxLength": 255}
_FLAG: Schema = {"type": "boolean"}
_FIELDS = {"region_name": _TEXT, "az_name": _TEXT, "pod_az_name": _TEXT, "dc_name": _TEXT, "user_id": _TEXT}

# A missing or empty region_name is well-formed: it is refused later, as one that makes no sense.
CREATE: Schema = closed({"pod": closed(_FIELDS, required=[])})
UPDATE: Schema = closed({"pod": {**closed({**_FIELDS, "draining": _FLAG}, required=[]), "minProperties": 1}})
DELETE_QUERY = {"force": _FLAG}

# What workers have seen of the region; nobody sets it.
_STATE: dict[str, Schema] = {
    "state": {"enum": [reach.value for reach in Reach]},
    "state_since": TIME_OR_NULL,
    "last_heard_at": TIME_OR_NULL,
    "last_error": TEXT_OR_NULL,
    "last_error_at": TIME_OR_NULL,
}
POD: Schema = closed({"pod_id": {"type": "string", "format": "uuid"}, **_FIELDS, "draining": _FLAG, **_STATE})
SHOWN: Schema = closed({"pod": POD})
LIST: Schema = collection("pods", POD)

LIST_FILTERS = frozenset({"region_name", "az_name"})
