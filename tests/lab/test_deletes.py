"""What is deleted at central while a region is down goes from there when it is back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains, waiting
from tricircle_lab import neutron, traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[..., Instance]
MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60
# A job that has failed some times rests for up to a minute before it is tried again.
LONG_PATIENCE = 150


def test_a_region_that_was_down_is_cleaned_when_it_is_back(
    lab: Lab, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]]
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network(ipv6=({"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},))
    # An administrator's: Neutron lets no tenant delete the port of an instance.
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    with ThreadPoolExecutor() as pool:
        here, there = pool.map(lambda region: boot(region, network["id"]), (one, two))
    traffic.ping(lab.instances.guest(here), there.addresses[0], patience=PATIENCE)
    unused = central.post("/ports", json={"port": {"network_id": network["id"]}}).json()["port"]
    lab.clients.network(two, "demo", "demo").get(f"/ports/{unused['id']}")
    lab.stop([neutron.api_service(two)])
    lab.instances.delete(here.name)
    for port_id in (unused["id"], there.port_id):
        central.delete(f"/ports/{port_id}")
    # Central waits for no region that is down.
    remains.delete(lab, f"/networks/{network['id']}")
    assert central.get("/networks", params={"id": network["id"]}).json()["networks"] == []
    remains.wait_gone(lab, [one], network, [here])
    _wait_for_failure(lab, network["id"])
    assert remains.of_network(lab, one, network, [here]) == []
    heal()
    lab.instances.delete(there.name)
    remains.wait_gone(lab, [two], network, [there], patience=LONG_PATIENCE)


def _wait_for_failure(lab: Lab, network_id: str) -> None:
    """Return when administrators see why the network is not gone everywhere yet."""
    session = lab.clients.session("admin", "demo")

    def is_shown() -> bool:
        query = {"type": "update_network", "status": "FAIL"}
        jobs = session.get(f"{lab.layout.tricircle_url}/jobs", params=query).json()["jobs"]
        return any(job["resource"]["network_id"] == network_id and job["last_error"] for job in jobs)

    waiting.until(is_shown, True, LONG_PATIENCE)
