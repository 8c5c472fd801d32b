"""An auto-allocated topology of central's: a network for every region, and a way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab import remains
from tests.lab.routers import PATIENCE, Tenant
from tricircle_lab import traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import OUTSIDE

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("nothing_left")]


@pytest.fixture
def _defaults(tenant: Tenant) -> None:
    """What an operator sets up for it, once."""
    tenant.make(
        ("network set --default ext-net", "network set --no-default ext-net"),
        (
            "subnet pool create --default --share --pool-prefix 10.99.0.0/16 --default-prefix-length 26 pool",
            "subnet pool delete pool",
        ),
        ("network auto allocated topology create --check-resources", "network auto allocated topology delete"),
    )


@pytest.mark.usefixtures("_defaults")
def test_instances_of_every_region_are_joined_and_have_a_way_out(
    lab: Lab, tenant: Tenant, boot: Callable[..., Instance]
) -> None:
    create = "network auto allocated topology create --or-show -f value -c id"
    network_id, again = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", tenant.run(create, create))
    assert network_id == again
    regions = lab.layout.regions[:2]
    with ThreadPoolExecutor() as pool:
        ends = list(pool.map(lambda region: boot(region, network_id), regions))
    for source, target in (ends, ends[::-1]):
        guest = lab.instances.guest(source)
        for address in (target.addresses[0], str(OUTSIDE.ip)):
            traffic.ping(guest, address, patience=PATIENCE)
    for end in ends:
        lab.instances.delete(end.name)
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    network = central.get(f"/networks/{network_id}").json()["network"]
    tenant.run("network auto allocated topology delete")
    assert not central.get("/routers", params={"name": "auto_allocated_router"}).json()["routers"]
    remains.wait_gone(lab, regions, network, ends)
