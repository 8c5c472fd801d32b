"""Bodies and queries of /pods."""

from typing import Any

# An empty region_name is well-formed: it is refused later, as one that makes no sense.
CREATE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "pod": {
            "type": "object",
            "properties": {
                "region_name": {"type": "string", "maxLength": 255},
                "az_name": {"type": "string", "maxLength": 255},
                "pod_az_name": {"type": "string", "maxLength": 255},
                "dc_name": {"type": "string", "maxLength": 255},
            },
            "additionalProperties": False,
        }
    },
    "required": ["pod"],
    "additionalProperties": False,
}

LIST_FILTERS = frozenset({"region_name", "az_name"})
