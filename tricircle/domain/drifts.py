"""Drift: what a region has of an object, and what central says of it, where the two differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tricircle.domain.jobs import JobRequest, JobType

# How much of a value a sentence shows.
_SHOWN = 120

# As which revision central says that a copy shall be, in a difference that is known by that alone.
REVISION = "revision_number"


class DriftState(StrEnum):
    """What is wrong with a copy.

    DIFFERS: some of its fields. MISSING: the region should have it, and has not. STRAY: it should not be there.
    UNKNOWN: central neither has the object nor says that it is deleted, so nobody may conclude either, and nothing
    repairs it.
    """

    DIFFERS = "differs"
    MISSING = "missing"
    STRAY = "stray"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, as central wants it and as the region has it; both as JSON has them.

    Of rules, and of what else has many parts, only those in which the two differ.
    """

    field: str
    desired: Any
    observed: Any

    def describe(self) -> str:
        """As a sentence's part: ``name: 'b' in the region, 'a' at central``."""
        return f"{self.field}: {_short(self.observed)} in the region, {_short(self.desired)} at central"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One object that differs in one region. ``repair``: the job that would mend it; None where nothing would."""

    resource_type: str
    resource_id: str
    project_id: str
    state: DriftState
    differences: tuple[Difference, ...] = ()
    repair: JobRequest | None = None

    def describe(self) -> str:
        """In one line: ``network 4f…: missing``, or what differs."""
        what = "; ".join(difference.describe() for difference in self.differences) or self.state.value
        return f"{self.resource_type} {self.resource_id}: {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDrift:
    """A drift as audits have found it. Times are UTC, by the database's clock.

    ``found_at``: by the first audit that found it; ``seen_at``: by the last. ``repaired_at``: when the job that repairs
    it was asked for last. ``mended_at``: when an audit first found it gone; None: it is there.
    """

    id: int
    pod_id: str
    drift: Drift
    found_at: datetime
    seen_at: datetime
    repaired_at: datetime | None = None
    mended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Which drifts to list: those with these values (None: any), found at least so many seconds ago.

    ``mended``: those that are gone, instead of those that are there.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    min_age: float | None = None
    mended: bool = False


def repair_to_json(request: JobRequest | None) -> dict[str, Any] | None:
    """A repair as it is stored and shown: type, resource, project id."""
    if request is None:
        return None
    return {"type": request.type.value, "resource": dict(request.resource), "project_id": request.project_id}


def repair_from_json(body: Mapping[str, Any] | None) -> JobRequest | None:
    """What ``repair_to_json`` made."""
    return None if body is None else JobRequest(JobType(body["type"]), body["resource"], body["project_id"])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
