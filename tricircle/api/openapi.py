"""The API's OpenAPI document, made from the route table and the schemas that bodies are checked against."""

from collections.abc import Mapping
from typing import Any

from tricircle.api.schemas.common import ERROR, Schema

_ERRORS = {
    400: "What was sent is malformed, or names what does not exist",
    401: "A Keystone token is needed",
    403: "The policy does not allow it",
    404: "It does not exist",
    409: "What exists stands against it",
    413: "The body is too large",
    422: "It makes no sense here",
    503: "The database, Keystone or central Neutron cannot be reached",
}

_NAMES: Mapping[str, Schema] = {
    "limit": {"type": "integer"},
    "marker": {"type": "string"},
}


def build(operations: Mapping[str, Mapping[str, Any]], server: str) -> dict[str, Any]:
    """The document of `operations` (as in `tricircle.api.operations`) at the URL `server`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tricircle Admin API", "version": "1.0"},
        "servers": [{"url": server}],
        "components": {
            "schemas": {"Error": ERROR},
            "securitySchemes": {"keystone": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
        "paths": {
            path: {method.lower(): _operation(path, method, operation) for method, operation in methods.items()}
            for path, methods in operations.items()
        },
    }


def _operation(path: str, method: str, operation: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{method.lower()} {path}",
        "summary": operation.summary,
        "parameters": _parameters(path, operation),
        "responses": {**_answers(operation), **_errors(operation)},
        "security": [] if operation.public else [{"keystone": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}}}
    return described


def _parameters(path: str, operation: Any) -> list[dict[str, Any]]:
    steps = [step[1:-1] for step in path.split("/") if step.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in steps]
    if operation.filters is not None:
        names = [*sorted(operation.filters), *_NAMES]
        parameters += [{"name": name, "in": "query", "schema": _NAMES.get(name, {"type": "string"})} for name in names]
    return parameters + [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]


def _answers(operation: Any) -> dict[str, Any]:
    answers = {str(operation.status): _json("What was asked for", operation.answer)}
    if operation.accepted is not None:
        answers["202"] = _json("It is begun, and done by this job", operation.accepted)
    return answers


def _errors(operation: Any) -> dict[str, Any]:
    codes = {400, 503, *operation.errors} | (set() if operation.public else {401, 403})
    return {str(code): _json(_ERRORS[code], {"$ref": "#/components/schemas/Error"}) for code in sorted(codes)}


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
