"""A driver that listens to Neutron's events sees of a copy what it would see of an object that a tenant makes."""

import unittest

import pytest

from tests.functional.network import event_stories
from tests.functional.network.event_stories import STEPS

# A port that central has identified has its device from the start; Neutron fills it in with a second write.
AT_ONCE = {"floating IP": [("port", event) for event in ("before_update", "precommit_update", "after_update")]}


def told(case):
    """Run a story as the test that it is; answers what it recorded."""
    result = unittest.TestResult()
    case.run(result)
    assert result.wasSuccessful(), "\n".join(text for _, text in (*result.errors, *result.failures))
    return case.recorded.steps()


@pytest.fixture(scope="module")
def by_a_tenant():
    return told(event_stories.Tenant("story"))


@pytest.fixture(scope="module")
def from_central(central_server, region_database):
    case = event_stories.Copies("story")
    case.central, case.database_url = central_server, region_database
    return told(case)


@pytest.mark.parametrize("step", STEPS)
def test_the_same_events_with_the_same_payloads(by_a_tenant, from_central, step):
    left_out = AT_ONCE.get(step, ())
    assert by_a_tenant[step]
    assert from_central[step] == [seen for seen in by_a_tenant[step] if (seen.resource, seen.event) not in left_out]
