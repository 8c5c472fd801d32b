"""Bridge networks of type vlan: on the physical network that joins the regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import remains, waiting
from tests.lab.routers import PATIENCE, Routers, way
from tricircle_lab import configuration, neutron, traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("nothing_left")]


@pytest.fixture
def _bridges_of_type_vlan(lab: Lab, heal: Callable[[], set[str]]) -> Iterator[None]:
    """Central makes such; bridge networks that are there already stay what they are."""
    overrides = lab.layout.central.etc / configuration.OVERRIDES
    service = neutron.api_service(lab.layout.central)
    overrides.write_text("[tricircle]\nbridge_network_type = vlan\n")
    lab.stop([service])
    heal()
    yield
    overrides.write_text("")
    # `heal` starts it again.
    lab.stop([service])


@pytest.fixture
def project(lab: Lab) -> Iterator[tuple[str, str]]:
    """Name and id of a project that has no bridge network yet; `admin` is its administrator."""
    identity, name = lab.clients.identity(), "bridged"
    body = {"project": {"name": name, "domain_id": "default"}}
    project_id = str(identity.post("/projects", json=body).json()["project"]["id"])
    (user,) = identity.get("/users", params={"name": "admin"}).json()["users"]
    (role,) = identity.get("/roles", params={"name": "admin"}).json()["roles"]
    identity.put(f"/projects/{project_id}/users/{user['id']}/roles/{role['id']}")
    yield name, project_id
    central = lab.clients.network(lab.layout.central)
    query = {"project_id": project_id}
    for group in central.get("/security-groups", params=query).json()["security_groups"]:
        remains.delete(lab, f"/security-groups/{group['id']}")
    identity.delete(f"/projects/{project_id}")


def _let_pings_in(central: Any, project_id: str) -> None:
    query = {"name": "default", "project_id": project_id}
    (group,) = central.get("/security-groups", params=query).json()["security_groups"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "icmp"}
    central.post("/security-group-rules", json={"security_group_rule": rule})


@pytest.mark.usefixtures("_bridges_of_type_vlan")
def test_regions_reach_each_other_over_a_vlan(
    lab: Lab,
    project: tuple[str, str],
    routers: Routers,
    make_network: Callable[..., dict[str, Any]],
    boot: Callable[..., Instance],
) -> None:
    name, project_id = project
    regions, central = lab.layout.regions[:2], lab.clients.network(lab.layout.central)
    networks = [make_network(project_id=project_id, availability_zone_hints=[region.name]) for region in regions]
    _let_pings_in(central, project_id)
    router_id = routers.create(project_id=project_id)
    routers.attach(router_id, *networks)
    ids = [network["id"] for network in networks]
    with ThreadPoolExecutor() as pool:
        ends = list(pool.map(lambda *where: boot(*where, user="admin", project=name), regions, ids))
    guests = [lab.instances.guest(end) for end in ends]
    for source, target in ((0, 1), (1, 0)):
        address = ends[target].addresses[0]
        traffic.ping(guests[source], address, patience=PATIENCE)
        way(guests[source], address, 3)
        traffic.transfer(guests[source], guests[target], address, size=1_000_000)
    (bridge,) = central.get("/networks", params={"name": f"bridge_network_{project_id}"}).json()["networks"]
    assert bridge["provider:network_type"] == "vlan"
    for region in regions:
        copy = lab.clients.network(region).get(f"/networks/{bridge['id']}").json()["network"]
        assert {key: copy[key] for key in copy if key.startswith("provider:")} == {
            key: bridge[key] for key in bridge if key.startswith("provider:")
        }
    parts = {region.name: routers.part_id(router_id, region) for region in regions}
    routers.remove(router_id)
    remains.wait_gone(lab, regions, bridge, [])
    waiting.until(lambda: central.get("/networks", params={"id": bridge["id"]}).json()["networks"], [], PATIENCE)
    for region in regions:
        router = f"qrouter-{parts[region.name]}"
        waiting.until(lambda r=region, name=router: name in lab.hosts.run(r, "ip", "netns"), False, PATIENCE)
