"""Parts that the schemas of several nouns share."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}


def text(max_length: int = 255) -> Schema:
    """A string that is not blank."""
    return {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": r"\S"}


def closed(properties: Mapping[str, Schema], required: list[str] | None = None) -> Schema:
    """An object with no other fields than these; all of them are required unless `required` names some."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def collection(name: str, item: Schema) -> Schema:
    """A page of a list."""
    link = closed({"rel": {"const": "next"}, "href": {"type": "string"}})
    properties = {name: {"type": "array", "items": item}, f"{name}_links": {"type": "array", "items": link}}
    return closed(properties, required=[name])


NOTHING: Schema = closed({})

ERROR: Schema = closed(
    {"error": closed({"code": {"type": "integer"}, "message": {"type": "string"}, "request_id": {"type": "string"}})}
)
