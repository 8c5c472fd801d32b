"""What is told of the API's versions."""

from tricircle.api.schemas.common import Schema, closed

_LINKS: Schema = {"type": "array", "items": closed({"rel": {"type": "string"}, "href": {"type": "string"}})}
_VERSION: Schema = closed({"id": {"type": "string"}, "status": {"type": "string"}, "links": _LINKS})

LIST: Schema = closed({"versions": {"type": "array", "items": _VERSION}})
SHOWN: Schema = closed({"version": _VERSION, "links": _LINKS})
