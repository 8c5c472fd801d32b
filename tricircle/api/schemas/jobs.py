"""Bodies and queries of /jobs, made from the declarations of the job types."""

from tricircle.api.schemas.common import TEXT_OR_NULL, TIME, TIME_OR_NULL, Schema, closed, collection, text
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobStatus

_RESOURCE: Schema = {"type": "object", "additionalProperties": text()}
_TYPE: Schema = {"enum": [kind.type.value for kind in KINDS.values()]}

# What is checked of a body before its resource is held against its type, so that the message can name every field.
OUTLINE: Schema = closed({"job": closed({"type": _TYPE, "project_id": text(), "resource": _RESOURCE})})

# All that is asked of a body, as the OpenAPI document tells it: one form for each type that may be asked for.
CREATE: Schema = closed(
    {
        "job": {
            "oneOf": [
                closed(
                    {
                        "type": {"const": kind.type.value},
                        "project_id": text(),
                        "resource": closed({name: text(kind.max_length) for name in kind.fields}),
                    }
                )
                for kind in KINDS.values()
                if kind.is_offered
            ]
        }
    }
)

JOB: Schema = closed(
    {
        "id": {"type": "string", "format": "uuid"},
        "project_id": {"type": "string"},
        "type": _TYPE,
        "status": {"enum": [status.value for status in JobStatus]},
        "resource": {"type": "object", "additionalProperties": {"type": "string"}},
        "timestamp": TIME,
        "created_at": TIME,
        "updated_at": TIME,
        "attempts": {"type": "integer"},
        "last_error": TEXT_OR_NULL,
        "next_attempt_at": TIME_OR_NULL,
        "worker": TEXT_OR_NULL,
        "request_ids": {"type": "array", "items": {"type": "string"}},
    }
)
SHOWN: Schema = closed({"job": JOB})
LIST: Schema = collection("jobs", JOB)
SCHEMAS: Schema = closed(
    {
        "schemas": {
            "type": "array",
            "items": closed({"type": _TYPE, "resource": {"type": "array", "items": {"type": "string"}}}),
        }
    }
)

LIST_FILTERS = frozenset({"type", "status", "project_id"})
