"""Routers over regions: the manual's other topologies, orders of events, and what is left of them afterwards."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab import waiting
from tests.lab.routers import PATIENCE, Routers, Tenant, attached, further_way_out, joined, router, way, way_out
from tricircle_lab import neutron, traffic
from tricircle_lab.guest import Guest
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import OUTSIDE, OUTSIDE_TOO, Region

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("nothing_left")]

Boot = Callable[[Region, str], Instance]
MakeNetwork = Callable[..., dict[str, Any]]


@pytest.fixture
def second_way_out(lab: Lab, tenant: Tenant) -> str:
    """An external network of the first region; the walk has made that of the second, ext-net."""
    kind = "--external --provider-network-type flat --provider-physical-network bridge"
    hint = f"--availability-zone-hint {lab.layout.regions[0].name}"
    where = f"--no-dhcp --subnet-range {OUTSIDE_TOO.network} --gateway {OUTSIDE_TOO.ip}"
    pool = "--allocation-pool start=198.51.100.10,end=198.51.100.200"
    tenant.make(
        (f"network create {kind} {hint} ext-too", "network delete ext-too"),
        (f"subnet create --network ext-too {where} {pool} ext-too", "subnet delete ext-too"),
    )
    return "ext-too"


def test_each_region_has_its_way_out_and_a_router_joins_them(
    lab: Lab, tenant: Tenant, make_network: MakeNetwork, boot: Boot, second_way_out: str
) -> None:
    one, two = lab.layout.regions[:2]
    networks = [make_network(availability_zone_hints=[region.name]) for region in (one, two)]
    names = [network["name"] for network in networks]
    for region, network, outside in ((one, names[0], second_way_out), (two, names[1], "ext-net")):
        name = f"local{region.index}"
        hinted = router(name, f"--availability-zone-hint {region.name}")
        tenant.make(hinted, attached(name, _subnet(lab, network)), way_out(name, outside))
    attachments = tenant.addresses(
        *(f"port create --network {name} -f value -c fixed_ips joint-{name}" for name in names)
    )
    tenant.make(router("across"), *(joined("across", f"joint-{name}") for name in names))
    ends = _at_once(boot, (one, two), [network["id"] for network in networks])
    guests = [lab.instances.guest(end) for end in ends]
    for guest, gateway in zip(guests, (OUTSIDE_TOO, OUTSIDE), strict=True):
        traffic.ping(guest, str(gateway.ip), patience=PATIENCE)
        way(guest, str(gateway.ip), 2)
    for source, target, attachment in ((0, 1, attachments[0]), (1, 0, attachments[1])):
        _reaches(guests[source], guests[target], ends[target])
        assert way(guests[source], ends[target].addresses[0], 3)[0] == attachment
    for end, outside_network in zip(ends, (second_way_out, "ext-net"), strict=True):
        address = tenant.floating_ip(outside_network, end.port_id)
        traffic.fetch_from_outside(lab.layout, lab.instances.guest(end), address, PATIENCE)


def _at_once(boot: Callable[..., Instance], *arguments: Sequence[Any]) -> list[Instance]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(boot, *arguments))


def _subnet(lab: Lab, network: str) -> str:
    """Id of a network's one subnet."""
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    (found,) = central.get("/networks", params={"name": network}).json()["networks"]
    return str(found["subnets"][0])


def test_one_router_with_a_way_out_in_each_region(
    lab: Lab, tenant: Tenant, second_way_out: str, make_network: MakeNetwork, boot: Boot
) -> None:
    regions = lab.layout.regions[:2]
    networks = [make_network(availability_zone_hints=[region.name]) for region in regions]
    ends = _at_once(boot, regions, [network["id"] for network in networks])
    guests = [lab.instances.guest(end) for end in ends]
    subnets = [_subnet(lab, network["name"]) for network in networks]
    first, second = further_way_out("wide", second_way_out), further_way_out("wide", "ext-net")
    tenant.make(router("wide"), *(attached("wide", subnet) for subnet in subnets), first, second)
    for guest, gateway in zip(guests, (OUTSIDE_TOO, OUTSIDE), strict=True):
        traffic.ping(guest, str(gateway.ip), patience=PATIENCE)
        way(guest, str(gateway.ip), 2)
    for source, target in ((0, 1), (1, 0)):
        _reaches(guests[source], guests[target], ends[target])
    for end, guest, outside_network in zip(ends, guests, (second_way_out, "ext-net"), strict=True):
        address = tenant.floating_ip(outside_network, end.port_id)
        traffic.fetch_from_outside(lab.layout, guest, address, PATIENCE)
        # Neutron takes no gateway of a router that has floating IPs, whichever gateway they are of.
        tenant.undo(f"floating ip delete {address}")
    tenant.undo(first[1])
    # The host outside has both addresses, so that it answers on the old way too until that is gone.
    way(guests[0], str(OUTSIDE.ip), 3)
    traffic.ping(guests[0], str(OUTSIDE.ip), patience=PATIENCE)


def _reaches(source: Guest, target: Guest, instance: Instance) -> None:
    """By ping and by TCP."""
    traffic.ping(source, instance.addresses[0], patience=PATIENCE)
    traffic.transfer(source, target, instance.addresses[0], size=1_000_000)


@pytest.fixture
def ipv6_pings(lab: Lab) -> Iterator[None]:
    """The default group lets them in; the walk has seen to those of IPv4."""
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    project_id = lab.clients.session("admin", "demo").get_project_id()
    query = {"name": "default", "project_id": project_id}
    (group,) = central.get("/security-groups", params=query).json()["security_groups"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv6", "protocol": "ipv6-icmp"}
    made = central.post("/security-group-rules", json={"security_group_rule": rule}).json()["security_group_rule"]
    yield
    central.delete(f"/security-group-rules/{made['id']}")


@pytest.mark.usefixtures("ipv6_pings")
def test_both_versions_over_the_bridge_and_layer_two_where_it_reaches(
    lab: Lab, routers: Routers, make_network: MakeNetwork, boot: Boot
) -> None:
    one, two = lab.layout.regions[:2]
    local, stretched = make_network(availability_zone_hints=[one.name]), make_network()
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    for number, network in enumerate((local, stretched)):
        prefix = f"2001:db8:{number + 1}::"
        # Neutron's own choice, the prefix itself, is an address of every router on the link (RFC 4291, 2.6.1).
        subnet = {"network_id": network["id"], "ip_version": 6, "cidr": f"{prefix}/64", "gateway_ip": f"{prefix}1"}
        central.post("/subnets", json={"subnet": subnet})
    ends = _at_once(boot, (one, two, one), (local["id"], stretched["id"], stretched["id"]))
    guests = [lab.instances.guest(end) for end in ends]
    router_id = routers.create()
    routers.attach(router_id, local, stretched)
    for version in (4, 6):
        addresses = [next(a for a in end.addresses if (":" in a) == (version == 6)) for end in ends]
        for source, target in ((1, 0), (0, 1)):
            traffic.ping(guests[source], addresses[target], patience=PATIENCE)
        # There over the bridge, for the second region has not got the local network; back by layer 2.
        way(guests[1], addresses[0], 3)
        way(guests[0], addresses[1], 2)
        way(guests[2], addresses[0], 2)


def test_the_next_router_of_a_stretched_network_reaches_its_instances(
    lab: Lab, routers: Routers, make_network: MakeNetwork, boot: Boot
) -> None:
    one, two = lab.layout.regions[:2]
    local, stretched = make_network(availability_zone_hints=[one.name]), make_network()
    ends = _at_once(boot, (one, two, one), (local["id"], stretched["id"], stretched["id"]))
    guests = [lab.instances.guest(end) for end in ends]
    for _ in range(2):
        router_id = routers.create()
        routers.attach(router_id, local, stretched)
        for source, target in ((1, 0), (0, 2)):
            traffic.ping(guests[source], ends[target].addresses[0], patience=PATIENCE)
        routers.remove(router_id)
        waiting.until(
            lambda gone=router_id: any(routers.part_id(gone, region) for region in (one, two)), False, PATIENCE
        )


ORDERS = [
    ("interface one", "interface two", "gateway", "instances", "floating ip"),
    ("gateway", "interface one", "floating ip", "interface two", "instances"),
    ("instances", "interface two", "gateway", "interface one", "floating ip"),
]


def test_any_order_ends_in_the_same_state(
    lab: Lab, routers: Routers, make_network: MakeNetwork, request: pytest.FixtureRequest
) -> None:
    regions, states = lab.layout.regions[:2], []
    for number, order in enumerate(ORDERS):
        networks = [make_network(availability_zone_hints=[region.name]) for region in regions]
        router_id, port_id = routers.create(), routers.port(networks[0])
        floating: dict[str, Any] = {}
        names = [f"order{number}-{region.index}" for region in regions]
        for name in names:
            request.addfinalizer(functools.partial(_delete, lab, name))
        for step in order:
            if step == "gateway":
                routers.gateways(router_id, "ext-net")
            elif step.startswith("interface"):
                routers.attach(router_id, networks[0 if step.endswith("one") else 1])
            elif step == "floating ip":
                floating = routers.floating_ip("ext-net", port_id)
            else:
                ends = [BootRequest(names[0], regions[0], port=port_id)]
                ends.append(BootRequest(names[1], regions[1], network=networks[1]["id"]))
                _at_once(lab.instances.boot, ends)
        guests = [lab.instances.guest(lab.instances.get(name)) for name in names]
        traffic.fetch_from_outside(lab.layout, guests[0], floating["floating_ip_address"], PATIENCE)
        traffic.ping(guests[0], lab.instances.get(names[1]).addresses[0], patience=PATIENCE)
        states.append([_shape(routers.part(router_id, region), networks) for region in regions])
    assert states[1:] == states[:-1]
    # To the instance of the other region, and to none.
    routers.move(floating, lab.instances.get(names[1]).port_id)
    traffic.fetch_from_outside(lab.layout, guests[1], floating["floating_ip_address"], PATIENCE)
    routers.move(floating, None)
    waiting.until(lambda: _shape(routers.part(router_id, regions[1]), networks)["floating"], 0, PATIENCE)


def _shape(part: dict[str, Any] | None, networks: list[dict[str, Any]]) -> dict[str, Any]:
    """A part with what is each network's own left out."""
    assert part is not None
    ids = [network["id"] for network in networks]
    here = [port["network_id"] for port in part["interfaces"]]
    return {
        "interfaces": sorted(ids.index(name) if name in ids else len(ids) for name in here),
        "routes": len(part["routes"]),
        "default": "0.0.0.0/0" in {route["destination"] for route in part["routes"]},
        "gateway": part["gateway"] is not None,
        "floating": len(part["floating_ips"]),
    }


def _delete(lab: Lab, name: str) -> None:
    if name in {instance.name for instance in lab.instances.all()}:
        lab.instances.delete(name)


def test_a_region_that_is_down_is_cleaned_when_it_is_back(
    lab: Lab, routers: Routers, make_network: MakeNetwork, boot: Boot, heal: Callable[[], set[str]]
) -> None:
    regions = lab.layout.regions[:2]
    networks = [make_network(availability_zone_hints=[region.name]) for region in regions]
    guests = [lab.instances.guest(end) for end in _at_once(boot, regions, [network["id"] for network in networks])]
    router_id = routers.create()
    routers.attach(router_id, *networks)
    routers.gateways(router_id, "ext-net")
    traffic.ping(guests[0], str(OUTSIDE.ip), patience=PATIENCE)
    lab.stop([neutron.api_service(regions[1])])
    routers.remove(router_id)
    waiting.until(lambda: routers.part(router_id, regions[0]), None, PATIENCE)
    heal()
    waiting.until(lambda: routers.part(router_id, regions[1]), None, PATIENCE)
    session, url, query = lab.clients.session("admin", "demo"), f"{_admin_api(lab)}/routings", {"top_id": router_id}
    waiting.until(lambda: session.get(url, params=query).json()["routings"], [], PATIENCE)


def _admin_api(lab: Lab) -> str:
    return f"http://127.0.0.1:{lab.layout.tricircle_port}/v1.0"
