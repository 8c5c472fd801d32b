"""A lab grows while it runs, and the new region is as good as the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains
from tests.lab.conftest import CACHE_DIR
from tricircle_lab import traffic
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60
IPV6 = ({"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},)


@pytest.fixture
def joining(lab: Lab) -> Iterator[str]:
    """The name of the instance in the new region; it is deleted after the test."""
    yield "third"
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    if "third" in {instance.name for instance in grown.instances.all()}:
        grown.instances.delete("third")


def test_a_third_region_disturbs_no_other_and_joins_a_network(
    lab: Lab, command: Callable[..., int], make_network: MakeNetwork, boot: Callable[..., Instance], joining: str
) -> None:
    network = make_network(ipv6=IPV6)
    with ThreadPoolExecutor() as pool:
        instances = list(pool.map(lambda region: boot(region, network["id"]), lab.layout.regions[:2]))
    before = {state.name: state.pid for state in lab.status()}
    assert command("up", "--regions", "3") == 0
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    after = {state.name: state for state in grown.status()}
    assert {name: after[name].pid for name in before} == before
    assert all(state.ready for state in after.values()), [state for state in after.values() if not state.ready]
    # The walk gives the new region its pod; a network without a hint may then stretch to it.
    assert command("demo") == 0
    third = grown.region("RegionThree")
    newcomer = grown.instances.boot(BootRequest(joining, third, network=network["id"]))
    for instance in instances:
        ends = grown.instances.guest(newcomer), grown.instances.guest(instance)
        for address in instance.addresses:
            traffic.ping(ends[0], address, patience=PATIENCE)
            traffic.transfer(*ends, address, size=1_000_000)
        for address in newcomer.addresses:
            traffic.ping(ends[1], address, patience=PATIENCE)
            traffic.transfer(*ends[::-1], address, size=1_000_000)
    # Nothing but this network leads there: with it everything goes, the tunnels too.
    assert all(third.vtep in remains.tunnels(grown, region) for region in lab.layout.regions[:2])
    for instance in (newcomer, *instances):
        grown.instances.delete(instance.name)
    remains.delete_network(grown, network["id"])
    remains.wait_gone(grown, grown.layout.regions, network, [newcomer, *instances])
    _wait_without_tunnels(grown)
    client = grown.clients.network(third)
    for collection in ("networks", "subnets", "ports"):
        assert client.get(f"/{collection}").json()[collection] == []


def _wait_without_tunnels(lab: Lab) -> None:
    """Return when no tunnel leads to or from the third region."""
    *others, third = lab.layout.regions
    deadline = time.monotonic() + PATIENCE
    while left := [remains.tunnels(lab, third), *({third.vtep} & remains.tunnels(lab, region) for region in others)]:
        if not any(left):
            return
        assert time.monotonic() < deadline, left
        time.sleep(1)
