"""A lab grows while it runs, and the new region is as good as the others.

It stays: so this is one of the last of the lab's tests, which run in the order of their files' names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains, waiting
from tests.lab.conftest import CACHE_DIR
from tests.lab.security import Groups
from tricircle_lab import traffic
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

pytestmark = [pytest.mark.timeout(900)]

MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60
IPV6 = ({"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},)


NEWCOMER = "third"


@pytest.fixture
def _without_newcomer(lab: Lab, boot: Callable[..., Instance]) -> Iterator[None]:
    """The instance in the new region is deleted after the test."""
    yield
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    if NEWCOMER in {instance.name for instance in grown.instances.all()}:
        grown.instances.delete(NEWCOMER)


@pytest.mark.usefixtures("_without_newcomer")
def test_a_third_region_disturbs_no_other_and_joins_a_network(
    lab: Lab,
    command: Callable[..., int],
    make_network: MakeNetwork,
    groups: Groups,
    boot: Callable[..., Instance],
) -> None:
    group = groups.make()
    groups.allow(group, remote_group_id=group)
    network = make_network(ipv6=IPV6)
    with ThreadPoolExecutor() as pool:
        instances = list(
            pool.map(lambda where: boot(where, network["id"], security_groups=(group,)), lab.layout.regions[:2])
        )
    before = {state.name: state.pid for state in lab.status()}
    assert command("up", "--regions", "3") == 0
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    after = {state.name: state for state in grown.status()}
    assert {name: after[name].pid for name in before} == before
    assert all(state.ready for state in after.values()), [state for state in after.values() if not state.ready]
    # A network without a hint may stretch to whatever region has a pod.
    third = grown.region("RegionThree")
    have_pod(grown, third)
    newcomer = grown.instances.boot(BootRequest(NEWCOMER, third, network=network["id"], security_groups=(group,)))
    for instance in instances:
        _reach(grown, newcomer, instance)
        _reach(grown, instance, newcomer)
    # Nothing but this network leads there: with it everything goes, the tunnels too.
    assert all(third.vtep in remains.tunnels(grown, region) for region in lab.layout.regions[:2])
    for instance in (newcomer, *instances):
        grown.instances.delete(instance.name)
    remains.delete(grown, f"/networks/{network['id']}")
    remains.wait_gone(grown, grown.layout.regions, network, [newcomer, *instances])
    _wait_without_tunnels(grown)
    client = grown.clients.network(third)
    for collection in ("networks", "subnets", "ports"):
        assert client.get(f"/{collection}").json()[collection] == []


def _reach(lab: Lab, source: Instance, target: Instance) -> None:
    ends = lab.instances.guest(source), lab.instances.guest(target)
    for address in target.addresses:
        traffic.ping(ends[0], address, patience=PATIENCE)
        traffic.transfer(*ends, address, size=1_000_000)


def have_pod(lab: Lab, region: Region) -> None:
    session, url = lab.clients.session("admin", "demo"), f"{lab.layout.tricircle_url}/pods"
    if not session.get(url, params={"region_name": region.name}).json()["pods"]:
        pod = {
            "region_name": region.name,
            "az_name": f"az{region.index}",
            "user_id": lab.clients.user_id(region.account),
        }
        session.post(url, json={"pod": pod})


def _wait_without_tunnels(lab: Lab) -> None:
    """Return when no tunnel leads to or from the third region."""
    *others, third = lab.layout.regions

    def tunnels() -> set[str]:
        return remains.tunnels(lab, third).union(*({third.vtep} & remains.tunnels(lab, other) for other in others))

    waiting.until(tunnels, set(), PATIENCE)
