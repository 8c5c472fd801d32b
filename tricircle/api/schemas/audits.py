"""Bodies of /audits."""

from tricircle.api.schemas.common import Schema, closed, text

CREATE: Schema = closed(
    {
        "audit": closed(
            {"region_name": text(), "resource_type": text(64), "repair": {"type": "boolean"}},
            required=[],
        )
    }
)
