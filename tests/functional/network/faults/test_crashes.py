"""A process ends, or the database refuses, at each commit of a request: nothing is lost, nothing in the way."""

from typing import Any

import pytest
import requests

from tests.functional.network.faults.cloud import Cloud
from tests.functional.network.faults.equality import assert_equal, everything_left
from tests.functional.network.faults.extent import EXTENT, Extent, part
from tests.functional.network.faults.mortal import MortalServer
from tests.functional.network.faults.operations import AT_CENTRAL, IN_REGION, Operation
from tests.functional.network.faults.tenant import Tenant
from tests.functional.network.neutron_server import Answer

ALL = (*AT_CENTRAL, *IN_REGION)
# As often as Neutron's API tries a request again; it waits twice as long each time, half a minute in all.
RETRIES = 3 if EXTENT is Extent.FEW else 9


def act(operation: Operation, tenant: Tenant) -> Answer | None:
    """None: there was no answer."""
    try:
        return operation.act(tenant)
    except requests.ConnectionError:
        return None


def is_done(operation: Operation, answer: Answer | None) -> bool:
    """Whether it is as the request would have it."""
    return answer is not None and (200 <= answer.status < 300 or (operation.deletes and answer.status == 404))


def faults(last: int, *, odd: bool) -> list[tuple[str, int]]:
    """A deadlock at each commit in turn; an end before one of them, or each, and after the last, or either."""
    half = [("before", (last + 1) // 2)]
    ends = {
        Extent.FEW: [("after", last)] if odd else half,
        Extent.SOME: [*half, ("after", last)],
        Extent.ALL: [*(("before", number) for number in range(1, last + 1)), ("after", last)],
    }
    return [*ends[EXTENT], ("deadlock", min(last, RETRIES))]


def disturb(operation: Operation, cloud: Cloud, server: MortalServer, outside: dict[str, Any]) -> dict[str, Tenant]:
    """Whatever there is, each time to another tenant; answers the tenants by what befell them."""
    tenants: dict[str, Tenant] = {}
    commits: list[int] = []

    def befall(how: str, number: int) -> bool:
        """Answers whether there is such a commit."""
        tenant = tenants[f"{how} commit {number}"] = Tenant(cloud, outside)
        operation.prepare(tenant)
        with server.trap(how, number) as trap:
            answer = act(operation, tenant)
        assert trap.died or is_done(operation, answer), (how, number, answer)
        commits.append(trap.commits)
        return trap.died

    assert not befall("never", 0)
    last = commits[0]
    assert last > 0, "it has commits"
    for how, number in faults(last, odd=ALL.index(operation) % 2 == 1):
        befall(how, number)
    return tenants


def assert_whole(cloud: Cloud, tenants: dict[str, Tenant], before: set[tuple[Any, ...]]) -> None:
    """Both sides are equal when the sweeps have been, and everything can be deleted by its owner."""
    cloud.settle()
    assert_equal(cloud)
    for what, tenant in tenants.items():
        try:
            tenant.delete_everything()
            tenant.forget()
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error
    cloud.settle()
    assert everything_left(cloud) - before == set()


def run(operation: Operation, cloud: Cloud, server: MortalServer, outside: dict[str, Any]) -> None:
    """Have it happen, and see that nothing comes of it."""
    before = everything_left(cloud)
    assert_whole(cloud, disturb(operation, cloud, server, outside), before)


def run_again(operation: Operation, cloud: Cloud, server: MortalServer, outside: dict[str, Any]) -> None:
    """The same, and whoever asked a region for something in vain, asks again, as Nova does."""
    before = everything_left(cloud)
    tenants = disturb(operation, cloud, server, outside)
    cloud.let_time_pass()  # who died had claimed what it made
    for what, tenant in tenants.items():
        answer = act(operation, tenant)
        assert is_done(operation, answer), (what, answer)
    assert_whole(cloud, tenants, before)


@pytest.mark.parametrize("operation", part(AT_CENTRAL, every=9), ids=str)
def test_central_ends_at_a_commit(cloud: Cloud, outside: dict[str, Any], operation: Operation) -> None:
    run(operation, cloud, cloud.central, outside)


@pytest.mark.parametrize("operation", part(IN_REGION, every=6), ids=str)
def test_a_region_ends_at_a_commit(cloud: Cloud, outside: dict[str, Any], operation: Operation) -> None:
    run_again(operation, cloud, cloud.region, outside)


@pytest.mark.parametrize("operation", part(IN_REGION, 1, every=6), ids=str)
def test_central_ends_while_it_serves_a_region(cloud: Cloud, outside: dict[str, Any], operation: Operation) -> None:
    run_again(operation, cloud, cloud.central, outside)
