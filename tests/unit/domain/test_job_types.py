"""Declarations of the job types."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.errors import Invalid
from tricircle.domain.job_types import KINDS, RetryPolicy
from tricircle.domain.jobs import JobType, resource_key
from tricircle.jobs import reference


def test_every_type_is_declared() -> None:
    assert set(KINDS) == set(JobType)


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"pod_id": "p"}, "needs network_id, router_id"),
        ({"pod_id": "p", "router_id": "", "network_id": "n"}, "needs router_id"),
        ({"pod_id": "p", "router_id": "r", "network_id": "n", "x": "y"}, "takes no x"),
    ],
)
def test_wrong_fields_are_named(resource: dict[str, str], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        KINDS[JobType.ROUTER_SETUP].validate(resource)


@given(st.integers(min_value=1, max_value=10**9), st.floats(min_value=0.1, max_value=600))
def test_delay_grows_up_to_its_cap(attempts: int, longest: float) -> None:
    policy = RetryPolicy(longest=longest)
    whole = min(2.0 ** min(attempts - 1, 64), longest)
    assert whole * 0.75 <= policy.delay(attempts) <= whole


@given(st.dictionaries(st.sampled_from(["pod_id", "network_id", "router_id"]), st.uuids().map(str)))
def test_key_does_not_depend_on_the_order(resource: dict[str, str]) -> None:
    assert resource_key(resource) == resource_key(dict(reversed(resource.items())))


def test_reference_page_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "job-types.md"
    assert page.read_text() == reference.render(), "python -m tricircle.jobs.reference > docs/reference/job-types.md"
