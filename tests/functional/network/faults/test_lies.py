"""Whatever answers in a server's place: what central has not deleted stays, and what is missing comes later."""

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from neutron.db import models_v2
from neutron.db.models.l3 import FloatingIP, Router
from neutron.db.models.securitygroup import SecurityGroup, SecurityGroupRule

from tests.functional.network.faults.cloud import Cloud
from tests.functional.network.faults.equality import assert_equal
from tests.functional.network.faults.extent import EXTENT, Extent, part
from tests.functional.network.faults.lies import Lie
from tests.functional.network.faults.operations import Operation
from tests.functional.network.faults.scenarios import CHANGES, QUESTIONS, Change, have_everything
from tests.functional.network.faults.tenant import Tenant
from tricircle.domain.job_types import KINDS

# The first is always the simplest: each lie about the first request, once.
EXAMPLES = settings(
    max_examples=1 if EXTENT is Extent.FEW else 2,
    deadline=None,
    derandomize=EXTENT is not Extent.ALL,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
# How many of the lies are told about one change, or one request.
MOST_LIES = 2 * len(Lie) if EXTENT is Extent.ALL else 3
TRIED_CHANGES, TRIED_QUESTIONS = part(CHANGES), part(QUESTIONS)
# How long a server that did not answer is left alone.
PATIENCE = 15
OBJECTS = (models_v2.Network, models_v2.Subnet, models_v2.Port, SecurityGroup, SecurityGroupRule, FloatingIP, Router)
MOST_REQUESTS = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A lie about the ``at``-th request, and ``on`` about all after it.

    ``before_region``: the worker is lied to in the region's name, else it or the region in central's.
    """

    lie: Lie
    before_region: bool
    at: int
    on: bool


def lies(number: int, *places: bool) -> st.SearchStrategy[list[Told]]:
    """Every lie before each of the places, or some of them, in some order; for each ``number`` the next ones first."""
    kinds = [(lie, place) for place in places for lie in Lie]
    first = MOST_LIES * number % len(kinds)
    kinds = kinds[first:] + kinds[:first]
    moments = st.tuples(st.integers(1, MOST_REQUESTS), st.booleans())
    return st.tuples(st.permutations(kinds), st.lists(moments, min_size=len(kinds), max_size=len(kinds))).map(
        lambda drawn: [Told(*kind, *moment) for kind, moment in zip(*drawn, strict=True)][:MOST_LIES]
    )


def ids(cloud: Cloud, *, region: bool) -> set[tuple[str, str]]:
    """Table and id of every object of a side."""
    engine = cloud.in_region if region else cloud.at_central
    return {(model.__tablename__, id_) for model in OBJECTS for (id_,) in cloud.rows(engine, model.id)}


def nowhere(cloud: Cloud) -> set[tuple[str, str]]:
    """Floating IPs without a port, and their own ports: they are in no region."""
    rows = cloud.rows(cloud.at_central, FloatingIP.id, FloatingIP.floating_port_id, FloatingIP.fixed_port_id)
    alone = [(id_, port_id) for id_, port_id, fixed_port_id in rows if fixed_port_id is None]
    return {("floatingips", id_) for id_, _ in alone} | {("ports", port_id) for _, port_id in alone}


def while_told(cloud: Cloud, told: Told, act: Callable[[], Any], gone: str = "") -> None:
    """Act while the lie is told: nothing goes that is at central, but what is asked to go."""
    proxy = cloud.before_region if told.before_region else cloud.before_central
    there, here = (ids(cloud, region=region) - {("ports", gone)} for region in (False, True))
    with proxy.telling(told.lie, told.at, on=told.on):
        act()
    still_there = ids(cloud, region=False)
    assert there <= still_there, told
    assert here & still_there - nowhere(cloud) <= ids(cloud, region=True), told


def work(cloud: Cloud, told: Told) -> None:
    """Have every job done."""
    deadline = time.monotonic() + PATIENCE
    while errors := [error for _, error in cloud.worker.run() if error]:
        assert time.monotonic() < deadline, (told, errors)
        time.sleep(0.5)


def is_done(question: Operation, status: int) -> bool:
    """Whether it is as the request would have it."""
    return status in {200, 201, 204} or (question.deletes and status == 404)


def test_every_job_is_lied_to() -> None:
    assert {change.type for change in CHANGES} == {kind.type for kind in KINDS.values() if kind.is_offered}


def test_every_lie_is_told() -> None:
    assert MOST_LIES * len(TRIED_CHANGES) >= len(Lie)
    assert MOST_LIES * len(TRIED_QUESTIONS) >= len(Lie)


@pytest.mark.parametrize("change", TRIED_CHANGES, ids=str)
def test_a_worker_is_lied_to(cloud: Cloud, outside: dict[str, Any], change: Change) -> None:
    tenant = Tenant(cloud, outside)
    have_everything(tenant)

    @EXAMPLES
    @given(lies(TRIED_CHANGES.index(change), False, True))
    def carry(all_told: list[Told]) -> None:
        for told in all_told:
            if change.prepare:
                change.prepare(tenant)
            cloud.worker.ask(change.request(tenant))
            work(cloud, told)  # so that there is something to answer from before
            change.make(tenant)
            cloud.worker.ask(change.request(tenant))
            while_told(cloud, told, cloud.worker.run)
            work(cloud, told)

    carry()
    cloud.settle()
    assert_equal(cloud)
    tenant.delete_everything()
    cloud.settle()


@pytest.mark.parametrize("question", TRIED_QUESTIONS, ids=str)
def test_a_region_is_lied_to(cloud: Cloud, outside: dict[str, Any], question: Operation) -> None:
    tenants = []

    @EXAMPLES
    @given(lies(TRIED_QUESTIONS.index(question), False))
    def ask(all_told: list[Told]) -> None:
        for told in all_told:
            tenant = Tenant(cloud, outside)
            tenants.append(tenant)
            question.prepare(tenant)
            act = functools.partial(question.act, tenant)
            while_told(cloud, told, act, tenant.port["id"] if question.deletes else "")
            deadline = time.monotonic() + PATIENCE
            while not is_done(question, status := act().status):
                assert time.monotonic() < deadline, (told, status)
                time.sleep(0.5)

    ask()
    cloud.settle()
    assert_equal(cloud)
    for tenant in tenants:
        tenant.delete_everything()
    cloud.settle()
