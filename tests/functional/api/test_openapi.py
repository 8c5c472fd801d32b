"""The OpenAPI document, and the API held against it by schemathesis."""

from typing import Any

import jsonschema
import pytest
import schemathesis
import webtest
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.functional.api.base import central_pod, in_pod
from tests.functional.api.central import Central
from tests.functional.api.conftest import Build
from tricircle.api.operations import OPERATIONS
from tricircle.db.engine import Database

# Not positive_data_acceptance: that an id names something that exists no schema can say.
CHECKS: list[schemathesis.CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture
def schema(build: Build, sqlite_database: Database, central: Central) -> Any:
    in_pod(sqlite_database)
    central_pod(sqlite_database)
    central.add("networks")
    central.add("subnets")
    central.add("ports")
    central.add("routers")
    app = build(token=None, default="auth_strategy = noauth\nvalidate_pod_region = false")
    document = app.get("/v1.0/openapi.json").json
    for methods in document["paths"].values():
        for operation in methods.values():
            del operation["security"]  # who may do what is tested elsewhere
    loaded = schemathesis.openapi.from_dict(document)
    loaded.app = app.app
    return loaded


def test_document_names_every_operation(api: webtest.TestApp) -> None:
    document = api.get("/v1.0/openapi.json").json
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert described == {(path, method) for path, methods in OPERATIONS.items() for method in methods}
    for methods in document["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                jsonschema.Draft202012Validator.check_schema(answer["content"]["application/json"]["schema"])


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize(("path", "method"), [(path, method) for path in OPERATIONS for method in OPERATIONS[path]])
def test_api_is_as_described(schema: Any, path: str, method: str, mode: schemathesis.GenerationMode) -> None:
    """Whether what is sent meets the document (positive) or not (negative)."""
    operation = schema[path][method]
    if mode.is_negative and not (operation.query or operation.body):
        pytest.skip("nothing that could be sent wrong: any text may be an id")

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: "schemathesis.Case[Any]") -> None:
        case.call_and_validate(checks=CHECKS)

    hold()
