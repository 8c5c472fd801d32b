"""What an audit finds: nothing where nothing differs, and every field that somebody changed behind Tricircle's back."""

import copy
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain import copied_kinds, routers
from tricircle.domain.copied_kinds import NETWORK, PORT, ROUTER, SECURITY_GROUP, SUBNET, CopiedKind
from tricircle.domain.drifts import Difference, DriftState
from tricircle.domain.jobs import JobType
from tricircle.domain.routers import FixedIp, FloatingIp, Gateway, Interface, RegionalRouter, Route
from tricircle.plans import differences, drift
from tricircle.plans.drift import CopyState, Desired, Observed, Place

HERE = Place("pod", "RegionOne")
RULE = {"id": "r1", "direction": "ingress", "protocol": "tcp"}
OTHER_RULE = {"id": "r2", "direction": "egress", "protocol": "udp"}
VALUES: dict[str, list[Any]] = {
    "mtu": [1450, 1400],
    "admin_state_up": [True, False],
    "fixed_ips": [[{"subnet_id": "s", "ip_address": "10.0.0.5"}], []],
    "allocation_pools": [[{"start": "10.0.0.2", "end": "10.0.0.9"}], []],
    "host_routes": [[{"destination": "10.1.0.0/16", "nexthop": "10.0.0.1"}], []],
    "allowed_address_pairs": [[{"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:01"}], []],
    "extra_dhcp_opts": [[{"opt_name": "mtu", "opt_value": "1", "ip_version": 4}], []],
    "addresses": [["10.0.0.1/32", "10.0.0.2/32"], ["10.0.0.1/32"]],
    "security_group_rules": [[RULE, OTHER_RULE], [RULE]],
    "security_groups": [["g", "h"], ["g"]],
    "service_types": [["a:b", "c:d"], ["a:b"]],
    "dns_nameservers": [["10.0.0.3", "10.0.0.2"], ["10.0.0.2", "10.0.0.3"]],
}
KINDS_OF_CONTENT = [kind for kind in copied_kinds.all_kinds() if kind.created]
PART = RegionalRouter(
    id="part",
    name="router",
    project_id="p",
    interfaces=frozenset({Interface("i", "n", "fa:16:3e:00:00:02", (FixedIp("s", "10.0.0.1", "10.0.0.0/24"),), "p")}),
    routes=frozenset({Route("10.9.0.0/24", "100.0.0.2"), Route("10.8.0.0/24", "100.0.0.3")}),
    gateway=Gateway(Interface("g", "o", "fa:16:3e:00:00:03", (FixedIp("x", "203.0.113.2", "203.0.113.0/24"),)), True),
)


def content(kind: CopiedKind, index: int = 0) -> dict[str, Any]:
    """An object of a kind with a value in each field."""
    body = {name: VALUES.get(name, ["one", "other"])[index] for name in kind.carried}
    return {**body, "id": "x", "rbac_policies": [{"id": "e", "action": "access", "target_project": "p"}]}


def found(kind: CopiedKind, desired: Any, observed: Any, state: CopyState = CopyState.WHOLE, **more: Any) -> Any:
    desired = {} if desired is None else {"x": Desired("x", "project", desired)}
    return drift.find(kind, HERE, [Observed("x", state, observed)], desired, more.get("deleted", {}))


@pytest.mark.parametrize("kind", KINDS_OF_CONTENT, ids=lambda kind: kind.type)
def test_nothing_is_found_where_nothing_differs(kind: CopiedKind) -> None:
    assert found(kind, content(kind), content(kind)) == []


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in KINDS_OF_CONTENT for field in (*kind.followed, *kind.regional, "rbac_policies")],
    ids=lambda value: getattr(value, "type", value),
)
def test_every_field_that_follows_central_is_compared(kind: CopiedKind, field: str) -> None:
    here, there = content(kind), content(kind)
    there[field] = [] if field == "rbac_policies" else VALUES.get(field, ["one", "other"])[1]
    (one,) = found(kind, here, there)
    assert [difference.field for difference in one.differences] == [field]
    assert one.state is DriftState.DIFFERS
    assert one.repair == kind.job("x", "project", "pod")
    assert one.describe().startswith(f"{kind.type} x: {field}: ")


@pytest.mark.parametrize("kind", KINDS_OF_CONTENT, ids=lambda kind: kind.type)
def test_what_never_changes_and_what_one_side_does_not_say_is_not_compared(kind: CopiedKind) -> None:
    here, there = content(kind), content(kind)
    there["revision_number"] = 77
    for field in set(kind.created) - set(kind.followed) - set(kind.regional):
        there[field] = "else"
    here.pop(kind.followed[0])
    there.pop(kind.followed[1])
    assert found(kind, here, there) == []


def test_the_order_of_parts_says_nothing_but_of_name_servers() -> None:
    for kind in KINDS_OF_CONTENT:
        there = {name: value[::-1] if isinstance(value, list) else value for name, value in content(kind).items()}
        fields = [difference.field for one in found(kind, content(kind), there) for difference in one.differences]
        assert fields == (["dns_nameservers"] if kind is SUBNET else [])


def test_only_the_rules_are_shown_that_differ() -> None:
    here, there = content(SECURITY_GROUP), content(SECURITY_GROUP)
    there["security_group_rules"] = [RULE, {**OTHER_RULE, "id": "r3"}]
    (one,) = found(SECURITY_GROUP, here, there)
    assert one.differences == (Difference("security_group_rules", [OTHER_RULE], [{**OTHER_RULE, "id": "r3"}]),)
    assert one.repair.type is JobType.SEG_RULE_SETUP


def test_only_the_members_of_a_group_are_shown_whose_addresses_differ() -> None:
    here = {**content(SECURITY_GROUP), "members": {"a": ["10.0.0.1/32"], "b": ["10.0.0.2/32"]}}
    there = {**content(SECURITY_GROUP), "members": {"a": ["10.0.0.1/32"], "b": []}}
    (one,) = found(SECURITY_GROUP, here, there)
    assert one.differences == (Difference("members", {"b": ["10.0.0.2/32"]}, {"b": []}),)


def test_a_region_that_can_do_less_has_what_it_can() -> None:
    here, there = content(NETWORK), {**content(NETWORK), "mtu": 1300, "mtu_limit": 1300}
    assert found(NETWORK, here, there) == []
    (one,) = found(NETWORK, here, {**there, "mtu": 1200})
    assert one.differences == (Difference("mtu", 1300, 1200),)


@pytest.mark.parametrize("side", [0, 1])
def test_a_bound_port_s_owner_is_the_region_s_to_say(side: int) -> None:
    pair = [content(PORT), {**content(PORT), "device_id": "vm", "device_owner": "compute:nova"}]
    pair[side]["binding:host_id"] = "host"
    assert found(PORT, pair[0], pair[1]) == []


def test_of_a_dhcp_server_s_port_only_name_and_addresses_are_central_s() -> None:
    there = {**content(PORT), "device_owner": "network:dhcp", "security_groups": [], "description": "of the agent"}
    assert found(PORT, content(PORT), there) == []
    (one,) = found(PORT, content(PORT), {**there, "mac_address": "fa:16:3e:00:00:09"})
    assert [difference.field for difference in one.differences] == ["mac_address"]


@pytest.mark.parametrize("kind", copied_kinds.all_kinds(), ids=lambda kind: kind.type)
def test_what_is_gone_from_the_database_is_missing(kind: CopiedKind) -> None:
    (one,) = found(kind, content(kind), None)
    assert (one.state, one.differences) == (DriftState.MISSING, ())
    assert one.repair == kind.job("x", "project", "pod")


def test_what_is_made_on_demand_is_not_missed_where_nothing_is_known_of_it_and_a_part_of_a_router_is() -> None:
    assert found(NETWORK, content(NETWORK), None, CopyState.ABSENT) == []
    assert found(ROUTER, routers.to_json(PART), None, CopyState.ABSENT)[0].state is DriftState.MISSING


def test_what_rests_or_is_being_made_is_left_to_the_next_request() -> None:
    for state in (CopyState.PARKED, CopyState.HALF):
        assert found(PORT, content(PORT), {"name": "else"}, state) == []


def test_a_whole_copy_of_a_port_that_lives_elsewhere_is_stray() -> None:
    there = {**content(PORT), drift.LIVES_IN: "RegionTwo"}
    (one,) = found(PORT, there, content(PORT))
    assert one.state is DriftState.STRAY
    assert found(PORT, there, {}, CopyState.PARKED) == []
    assert found(PORT, {**there, drift.LIVES_IN: "RegionOne"}, content(PORT)) == []


def test_what_central_has_deleted_is_stray_and_what_nobody_knows_of_is_left_alone() -> None:
    (one,) = found(PORT, None, content(PORT), deleted={"x": "project"})
    assert (one.state, one.repair) == (DriftState.STRAY, PORT.job("x", "project", "pod"))
    (one,) = found(PORT, None, content(PORT))
    assert (one.state, one.repair) == (DriftState.UNKNOWN, None)
    assert found(PORT, None, None, CopyState.ABSENT) == []


def test_a_router_s_part_is_compared_route_for_route() -> None:
    wrong = dataclasses.replace(PART, routes=frozenset({Route("10.9.0.0/24", "100.0.0.9"), *list(PART.routes)[1:]}))
    (one,) = found(ROUTER, routers.to_json(PART), routers.to_json(wrong))
    (difference,) = one.differences
    assert (difference.field, difference.observed) == (
        "routes",
        [{"destination": "10.9.0.0/24", "nexthop": "100.0.0.9"}],
    )
    assert found(ROUTER, routers.to_json(PART), routers.to_json(PART)) == []
    assert found(ROUTER, None, None, CopyState.ABSENT) == []


def test_a_floating_ip_of_an_instance_elsewhere_has_no_port_here() -> None:
    outside = Interface("f", "o", "fa:16:3e:00:00:04", (FixedIp("x", "203.0.113.9", "203.0.113.0/24"),))
    floating = FloatingIp("fip", "p", outside, "10.0.0.5", "vm")
    here = dataclasses.replace(PART, floating_ips=frozenset({floating}))
    there = dataclasses.replace(PART, floating_ips=frozenset({dataclasses.replace(floating, fixed_port_id="")}))
    assert found(ROUTER, routers.to_json(here), routers.to_json(there)) == []


@given(st.sampled_from(KINDS_OF_CONTENT), st.data())
def test_what_a_job_changes_then_is_what_was_found(kind: CopiedKind, data: st.DataObject) -> None:
    here, there = content(kind), content(kind)
    for field in data.draw(st.lists(st.sampled_from(kind.followed), unique=True)):
        there[field] = copy.deepcopy(VALUES.get(field, ["one", "other"])[1])
    unlike = {difference.field for difference in drift.compare(kind, here, there)}
    assert unlike <= differences.difference(here, there, kind.followed).keys()
    for field in unlike:
        there[field] = here[field]
    assert drift.compare(kind, here, there) == ()
