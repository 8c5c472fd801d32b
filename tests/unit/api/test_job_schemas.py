"""What the OpenAPI document says of POST /jobs, and what is checked of it, in two steps for the sake of messages."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tricircle.api.schemas import jobs as schemas
from tricircle.domain.errors import Invalid
from tricircle.domain.job_types import KINDS, JobKind
from tricircle.domain.jobs import JobType

ID = "5b3a7d52-0000-4000-8000-000000000000"


def bodies(kind: JobKind) -> Iterator[tuple[str, dict[str, Any]]]:
    """A right body of one type, and what is wrong in each way that there is; by name."""
    resource = dict.fromkeys(kind.fields, ID)
    right: dict[str, Any] = {"type": kind.type.value, "project_id": ID, "resource": resource}
    yield "right", {"job": right}
    yield "another type", {"job": right | {"type": "no_such_type"}}
    yield "no project", {"job": {name: value for name, value in right.items() if name != "project_id"}}
    yield "blank project", {"job": right | {"project_id": " "}}
    yield "one field more", {"job": right | {"status": "NEW"}}
    yield "one id more", {"job": right | {"resource": {**resource, "more": ID}}}
    for field in kind.fields:
        rest = {name: ID for name in kind.fields if name != field}
        yield f"no {field}", {"job": right | {"resource": rest}}
        for wrong in ("", " \t", "x" * (kind.max_length + 1), 7, None):
            yield f"{field} {wrong!r}", {"job": right | {"resource": {**rest, field: wrong}}}
        yield f"longest {field}", {"job": right | {"resource": {**rest, field: "x" * kind.max_length}}}


def is_taken(body: dict[str, Any]) -> bool:
    """As `api.handlers.jobs.create` does, before it looks into the database."""
    if not jsonschema.Draft202012Validator(schemas.OUTLINE).is_valid(body):
        return False
    kind = KINDS[JobType(body["job"]["type"])]
    try:
        kind.require_offered()
        kind.validate(body["job"]["resource"])
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type.value)
def test_what_is_published_is_what_is_taken(kind: JobKind) -> None:
    published = jsonschema.Draft202012Validator(schemas.CREATE)
    answers = {name: (published.is_valid(body), is_taken(body)) for name, body in bodies(kind)}
    assert {name for name, (said, done) in answers.items() if said != done} == set()
    assert answers["right"] == (kind.is_offered, kind.is_offered)
