"""Jobs: what they keep equal, also after a time without workers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import waiting
from tricircle_lab import commands, configuration, control, traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[[Region, str], Instance]
MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 90


def _openstack(lab: Lab, words: str) -> list[dict[str, Any]]:
    command = [commands.script("openstack"), *shlex.split(words), "-f", "json"]
    found: list[dict[str, Any]] = json.loads(
        commands.run(command, env=configuration.client_environment(lab.layout, "admin", "demo"))
    )
    return found


def _known(lab: Lab, region: Region, network_id: str) -> set[str]:
    """MACs of other regions' ports that the region's Neutron knows on a network."""
    table = lab.clients.network(region, "tricircle", "service").get(f"/remote-endpoints/{network_id}")
    return {endpoint["mac_address"] for endpoint in table.json()["remote_endpoint"]["endpoints"]}


def test_everything_converges_after_a_time_without_workers(
    lab: Lab, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]]
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network()
    gone, here = boot(one, network["id"]), boot(one, network["id"])
    lab.stop([control.XJOB])
    there = boot(two, network["id"])
    lab.instances.delete(gone.name)
    # The region that entered got the others' ports with its view; nobody can have told the other one, or of the end.
    assert _known(lab, one, network["id"]) == set()
    assert gone.mac in _known(lab, two, network["id"])
    heal()
    waiting.until(
        lambda: [_known(lab, region, network["id"]) for region in (one, two)], [{there.mac}, {here.mac}], PATIENCE
    )
    traffic.ping(lab.instances.guest(here), there.addresses[0], patience=PATIENCE)
    traffic.ping(lab.instances.guest(there), here.addresses[0], patience=PATIENCE)


def test_the_commands_show_what_was_done(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    network = make_network()
    instance = boot(lab.layout.regions[0], network["id"])
    routings = _openstack(lab, f"multiregion networking routing list --top-id {network['id']}")
    assert [routing["resource_type"] for routing in routings] == ["network"]
    assert _openstack(lab, f"multiregion networking routing list --top-id {instance.port_id}")
    jobs = _openstack(lab, "multiregion networking job list --type shadow_port_setup --limit 50")
    assert jobs
    assert {job["type"] for job in jobs} == {"shadow_port_setup"}
