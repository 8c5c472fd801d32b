"""What a region holds: nothing that nothing there asked for, and each thing once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from keystoneauth1.exceptions import NotFound

from tricircle_lab import neutron, traffic
from tricircle_lab.errors import LabError
from tricircle_lab.guest import Guest
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[[Region, str], Instance]
MakeNetwork = Callable[..., dict[str, Any]]


def test_a_hinted_network_is_absent_elsewhere(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    one, two = lab.layout.regions
    network = make_network(availability_zone_hints=[one.name])
    boot(one, network["id"])
    there = lab.clients.network(two, "admin", "demo")
    with pytest.raises(NotFound):
        there.get(f"/networks/{network['id']}")
    assert network["id"] not in {found["id"] for found in there.get("/networks").json()["networks"]}
    log = (lab.layout.log / f"{neutron.api_service(two)}.log").read_text()
    assert f"Network {network['id']} is not made in region {two.name}: its availability zone hints" in log
    with pytest.raises(LabError, match="could not be found"):
        boot(two, network["id"])


def test_a_network_of_type_local_stays_in_its_region(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network(**{"provider:network_type": "local"})
    first, second = boot(one, network["id"]), boot(one, network["id"])
    traffic.ping(lab.instances.guest(first), second.addresses[0], patience=60)
    with pytest.raises(NotFound):
        lab.clients.network(two, "admin", "demo").get(f"/networks/{network['id']}")
    with pytest.raises(LabError, match="could not be found"):
        boot(two, network["id"])
    log = (lab.layout.log / f"{neutron.api_service(two)}.log").read_text()
    assert f"Network {network['id']} is not made in region {two.name}: it is of type local" in log


def test_first_instances_at_the_same_moment_share_one_copy(lab: Lab, make_network: MakeNetwork, boot: Boot) -> None:
    region = lab.layout.regions[0]
    network = make_network()
    with ThreadPoolExecutor() as pool:
        instances = list(pool.map(lambda _: boot(region, network["id"]), range(2)))
    for where in (region, lab.layout.central):
        client = lab.clients.network(where)
        query = {"network_id": network["id"]}
        subnets = client.get("/subnets", params=query).json()["subnets"]
        ports = client.get("/ports", params={**query, "device_owner": "compute:nova"}).json()["ports"]
        assert len(client.get("/networks", params={"id": network["id"]}).json()["networks"]) == 1
        assert len(subnets) == 1
        assert {port["id"] for port in ports} == {instance.port_id for instance in instances}
        assert {ip["ip_address"] for port in ports for ip in port["fixed_ips"]} == {
            address for instance in instances for address in instance.addresses
        }


def test_without_central_a_boot_fails_clearly_and_leaves_nothing(
    lab: Lab, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]]
) -> None:
    region = lab.layout.regions[0]
    network = make_network()
    local = lab.clients.network(region)
    boot(region, network["id"])
    before = {port["id"] for port in local.get("/ports").json()["ports"]}
    instances = lab.instances.all()
    lab.stop([neutron.api_service(lab.layout.central)])
    with pytest.raises(LabError) as failure:
        boot(region, network["id"])
    assert "central" in str(failure.value).lower()
    assert {port["id"] for port in local.get("/ports").json()["ports"]} == before
    assert lab.instances.all() == instances
    namespaces = lab.hosts.run(region, "ip", "netns", "list")
    guests = {Guest(lab.hosts, region, instance.name).namespace for instance in instances}
    assert {word for word in namespaces.split() if word.startswith("instance-")} <= guests
    heal()
    assert boot(region, network["id"]).addresses
