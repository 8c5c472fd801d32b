"""Bodies: JSON that meets its schema."""

import json
from typing import Any

import jsonschema
import webob

from tricircle.domain.errors import Invalid


def parse(request: webob.Request, schema: dict[str, Any]) -> dict[str, Any]:
    """The request's body. Raises Invalid, naming the field, if it is no JSON or does not meet the schema."""
    try:
        body = request.json_body
        json.dumps(body, ensure_ascii=False).encode()  # JSON admits halves of characters, databases do not
    except ValueError as error:
        raise Invalid(f"The body is no JSON in UTF-8: {error}") from None
    validator = jsonschema.Draft202012Validator(schema)
    worst = jsonschema.exceptions.best_match(validator.iter_errors(body))
    if worst is not None:
        field = ".".join(str(step) for step in worst.absolute_path) or "body"
        raise Invalid(f"{field}: {worst.message}")
    checked: dict[str, Any] = body
    return checked
