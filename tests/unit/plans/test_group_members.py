"""The plan for members elsewhere, played against what Neutron's agents do with rules and address groups."""

import ipaddress
import uuid

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.members import GroupMember
from tricircle.plans import group_members, memberships

REGIONS = ("RegionOne", "RegionTwo", "RegionThree")
GROUPS = tuple(str(uuid.UUID(int=number, version=4)) for number in range(1, 5))
PROJECTS = ("p1", "p2")
ADDRESSES_IN_FULL = ("10.0.0.1/32", "10.0.0.2/32", "10.1.0.0/24", "fd00::1/128", "fd00::2/128")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.1.0.0/24", "fd00::1", "fd00::2")

members = st.frozensets(
    st.builds(GroupMember, st.sampled_from(GROUPS), st.sampled_from(REGIONS), st.sampled_from(ADDRESSES)), max_size=20
)


@st.composite
def security_groups(draw):
    numbers = iter(range(100, 200))
    made = []
    for group_id in draw(st.lists(st.sampled_from(GROUPS), unique=True)):
        rules = [
            {
                "id": str(uuid.UUID(int=next(numbers), version=4)),
                "direction": "ingress",
                "remote_group_id": remote,
                "remote_address_group_id": None,
            }
            for remote in draw(st.lists(st.sampled_from([*GROUPS, None]), max_size=4))
        ]
        made.append({"id": group_id, "project_id": draw(st.sampled_from(PROJECTS)), "security_group_rules": rules})
    return made


def regional(groups, everybody, region):
    """Security groups and whole address groups, as a region gets them first."""
    extended, remote = group_members.regional(groups)
    known = memberships.by_group(everybody)
    addresses = {id_: known[group].elsewhere(region) if group in known else [] for id_, group in remote.items()}
    return extended, [group_members.address_group(id_, group, addresses[id_]) for id_, group in remote.items()]


def networks(addresses):
    return {ipaddress.ip_network(address) for address in addresses}


@given(security_groups(), members, st.sampled_from(REGIONS))
def test_what_a_rule_lets_in_is_every_member_wherever_it_lives(groups, everybody, region):
    extended, address_groups = regional(groups, everybody, region)
    contents = {group["id"]: networks(group["addresses"]) for group in address_groups}
    # An agent knows the ports of its own region by their groups, and address groups by what they hold.
    own = {
        id_: networks(m.address for m in everybody if (m.group_id, m.region_name) == (id_, region)) for id_ in GROUPS
    }
    for before, after in zip(groups, extended, strict=True):
        let_in = set()
        for rule in after["security_group_rules"]:
            let_in |= own.get(rule["remote_group_id"], set()) | contents.get(rule["remote_address_group_id"], set())
        remote = {rule["remote_group_id"] for rule in before["security_group_rules"]}
        assert let_in == networks(m.address for m in everybody if m.group_id in remote)


@given(security_groups(), members, members, st.sampled_from(REGIONS))
def test_a_change_of_members_changes_no_rule_and_no_id(groups, before, after, region):
    rules_before, address_groups_before = regional(groups, before, region)
    rules_after, address_groups_after = regional(groups, after, region)
    assert rules_before == rules_after
    assert [group["id"] for group in address_groups_before] == [group["id"] for group in address_groups_after]


@given(security_groups(), members, st.sampled_from(REGIONS))
def test_tenants_are_shown_the_rules_that_they_made(groups, everybody, region):
    extended, address_groups = regional(groups, everybody, region)
    for before, after in zip(groups, extended, strict=True):
        assert group_members.visible(after["security_group_rules"]) == before["security_group_rules"]
    assert all(group_members.is_ours(group["id"]) for group in address_groups)
    assert {group["project_id"] for group in address_groups} <= {group_members.PROJECT_ID}


@given(security_groups(), members, st.sampled_from(REGIONS))
def test_ids_are_uuids_and_each_is_one_s(groups, everybody, region):
    extended, address_groups = regional(groups, everybody, region)
    ids = [rule["id"] for group in extended for rule in group["security_group_rules"]]
    ids += [group["id"] for group in address_groups]
    assert len(set(ids)) == len(ids)
    assert all(str(uuid.UUID(id_)) == id_ for id_ in ids)


@given(st.uuids(version=4))
def test_no_id_of_neutron_s_is_taken_for_one_of_ours(neutrons):
    assert not group_members.is_ours(str(neutrons))


@given(members, st.sampled_from(REGIONS))
def test_the_digest_is_that_of_what_a_region_gets(everybody, region):
    for found in memberships.by_group(everybody).values():
        assert found.digest(region) == memberships.digest(found.elsewhere(region))
        assert set(found.elsewhere(region, ADDRESSES_IN_FULL)) == set(found.elsewhere(region))


def test_a_digest_does_not_depend_on_how_addresses_are_written():
    written = (["fd00::1/128", "::ffff:192.0.2.1/128"], ["fd00:0::0001", "::ffff:c000:201"])
    assert len({memberships.digest(addresses) for addresses in written}) == 1
