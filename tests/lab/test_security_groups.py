"""Security groups across regions: a rule with a remote group covers its members everywhere, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lab import remains, waiting
from tests.lab.security import Groups
from tricircle.domain.jsons import Json
from tricircle_lab import traffic
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.timeout(900)]

Boot = Callable[..., Instance]
MakeNetwork = Callable[..., dict[str, Any]]
PATIENCE = 60
IPV6 = ({"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},)


def _reaches(lab: Lab, source: Instance, target: Instance) -> None:
    for address in target.addresses:
        traffic.ping(lab.instances.guest(source), address, count=2, patience=PATIENCE)


def _is_shut_out(lab: Lab, source: Instance, target: Instance) -> None:
    for address in target.addresses:
        assert traffic.is_unreachable(lab.instances.guest(source), address, patience=PATIENCE), (source, address)


def _here(lab: Lab, instance: Instance, path: str) -> Json:
    """What the instance's region shows its tenant."""
    client = lab.clients.network(lab.region(instance.region), "demo", "demo")
    found: Json = client.get(path).json()
    return found


def test_members_in_every_region_are_let_in_and_others_are_not(
    lab: Lab, make_network: MakeNetwork, boot: Boot, groups: Groups
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network(ipv6=IPV6)
    web, database = groups.make(), groups.make()
    groups.allow(database, remote_group_id=web)
    target = boot(one, network["id"], security_groups=(database,))
    member, stranger = (boot(two, network["id"], security_groups=(group,)) for group in (web, database))
    assert len(target.addresses) == 2
    _reaches(lab, member, target)
    _is_shut_out(lab, stranger, target)
    # Membership changes in the region, and at central.
    local = lab.clients.network(two, "demo", "demo")
    for group, happens in ((database, _is_shut_out), (web, _reaches)):
        local.put(f"/ports/{member.port_id}", json={"port": {"security_groups": [group]}})
        happens(lab, member, target)
    groups.set(stranger.port_id, web)
    _reaches(lab, stranger, target)
    # In a tenant's eyes a region has what central has: the same groups with the same rules, and nothing beside.
    central = lab.clients.network(lab.layout.central, "demo", "demo")
    rules = {rule["id"] for rule in central.get("/security-group-rules").json()["security_group_rules"]}
    for instance in (target, member):
        shown = _here(lab, instance, f"/security-groups/{database}")["security_group"]["security_group_rules"]
        assert {rule["id"] for rule in shown} <= rules
        assert {rule["id"] for rule in _here(lab, instance, "/security-group-rules")["security_group_rules"]} <= rules
        assert _here(lab, instance, "/address-groups")["address_groups"] == []
    # A member that is gone is no member: its address may be another's tomorrow.
    lab.instances.delete(stranger.name)
    _without(lab, target, stranger.addresses)


def _without(lab: Lab, target: Instance, addresses: tuple[str, ...]) -> None:
    """Wait until no flow of the target's host speaks of the addresses."""
    region = lab.region(target.region)
    waiting.until(lambda: remains.naming(remains.flows(lab, region), addresses), [], PATIENCE)


def test_address_groups_and_stateless_groups_pass_through_and_go_everywhere(
    lab: Lab, make_network: MakeNetwork, boot: Boot, groups: Groups
) -> None:
    one, two = lab.layout.regions[:2]
    network = make_network(ipv6=IPV6)
    central = lab.clients.network(lab.layout.central, "demo", "demo")
    body = {"address_group": {"name": "friends", "addresses": []}}
    friends = central.post("/address-groups", json=body).json()["address_group"]["id"]
    guarded, open_ = groups.make(), groups.make(stateful=False)
    groups.allow(guarded, remote_address_group_id=friends)
    groups.allow(open_)
    target = boot(one, network["id"], security_groups=(guarded,))
    source = boot(two, network["id"], security_groups=(open_,))
    assert _here(lab, source, f"/security-groups/{open_}")["security_group"]["stateful"] is False
    _is_shut_out(lab, source, target)
    central.put(f"/address-groups/{friends}/add_addresses", json={"addresses": _hosts(source)})
    _reaches(lab, source, target)
    # Stateless: nothing is remembered of the pings, their answers need the rule that lets all in.
    _reaches(lab, target, source)
    central.put(f"/address-groups/{friends}/remove_addresses", json={"addresses": _hosts(source)})
    _is_shut_out(lab, source, target)
    for instance in (target, source):
        lab.instances.delete(instance.name)
    for group in (guarded, open_):
        remains.delete(lab, f"/security-groups/{group}")
    remains.delete(lab, f"/address-groups/{friends}")
    for region in (one, two):
        _is_gone(lab, region, {guarded, open_, friends})


def _hosts(instance: Instance) -> list[str]:
    return [f"{address}/{128 if ':' in address else 32}" for address in instance.addresses]


def _is_gone(lab: Lab, region: Any, ids: set[str]) -> None:
    client = lab.clients.network(region)

    def left() -> set[str]:
        groups = client.get("/security-groups").json()["security_groups"]
        address_groups = client.get("/address-groups").json()["address_groups"]
        return ids & {group["id"] for group in (*groups, *address_groups)}

    waiting.until(left, set(), PATIENCE)


def test_the_default_group_is_one_group_in_all_regions(lab: Lab) -> None:
    found = set()
    for region in lab.layout.all_regions:
        client = lab.clients.network(region, "demo", "demo")
        (group,) = client.get("/security-groups", params={"name": "default"}).json()["security_groups"]
        found.add(group["id"])
    assert len(found) == 1
