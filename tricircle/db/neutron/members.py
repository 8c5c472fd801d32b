"""Members of security groups and where they live, and whose rules name a group. At central."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import allowed_address_pair as pair_models
from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api

from tricircle.db.neutron.models import PortLocation
from tricircle.domain.members import GroupMember


def of_groups(context: Any, group_ids: Collection[str]) -> list[GroupMember]:
    """Every address of the groups' ports that live in some region: two queries, however many there are."""
    if not group_ids:
        return []
    with db_api.CONTEXT_READER.using(context):
        return _members(context, sg_models.SecurityGroupPortBinding.security_group_id.in_(group_ids))


def addresses_of_ports(context: Any, port_ids: Collection[str]) -> list[tuple[str, str]]:
    """(group id, address) of each of the ports that live in some region. For use inside the caller's transaction."""
    found = _members(context, sg_models.SecurityGroupPortBinding.port_id.in_(port_ids))
    return [(member.group_id, member.address) for member in found]


def _members(context: Any, which: Any) -> list[GroupMember]:
    binding, pairs, ips = sg_models.SecurityGroupPortBinding, pair_models.AllowedAddressPair, models_v2.IPAllocation
    found: list[GroupMember] = []
    for addresses in (ips, pairs):
        query = (
            sa.select(
                binding.security_group_id,
                PortLocation.region_name,
                addresses.ip_address,
                PortLocation.changed_at,
            )
            .join(PortLocation, PortLocation.port_id == binding.port_id)
            .join(addresses, addresses.port_id == binding.port_id)
            .where(which)
        )
        found += [GroupMember(row[0], row[1], str(row[2]), row[3]) for row in context.session.execute(query)]
    return found


def groups_of_ports(context: Any, port_ids: Collection[str]) -> set[str]:
    """The security groups that the ports have."""
    if not port_ids:
        return set()
    binding = sg_models.SecurityGroupPortBinding
    query = sa.select(binding.security_group_id).where(binding.port_id.in_(port_ids)).distinct()
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def groups_on_network(context: Any, network_id: str) -> set[str]:
    """The security groups of the network's ports that live in some region."""
    binding, port = sg_models.SecurityGroupPortBinding, models_v2.Port
    query = (
        sa.select(binding.security_group_id)
        .join(port, port.id == binding.port_id)
        .join(PortLocation, PortLocation.port_id == port.id)
        .where(port.network_id == network_id)
        .distinct()
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def naming_groups(context: Any, group_ids: Collection[str]) -> list[tuple[str, str]]:
    """(id, project id) of the security groups with a rule whose remote group is one of ``group_ids``."""
    return _naming(context, sg_models.SecurityGroupRule.remote_group_id, group_ids)


def naming_address_group(context: Any, address_group_id: str) -> list[tuple[str, str]]:
    """(id, project id) of the security groups with a rule whose remote address group is this one."""
    return _naming(context, sg_models.SecurityGroupRule.remote_address_group_id, [address_group_id])


def _naming(context: Any, field: Any, ids: Collection[str]) -> list[tuple[str, str]]:
    if not ids:
        return []
    group, rule = sg_models.SecurityGroup, sg_models.SecurityGroupRule
    query = (
        sa.select(group.id, group.project_id)
        .join(rule, rule.security_group_id == group.id)
        .where(field.in_(ids))
        .distinct()
        .order_by(group.id)
    )
    with db_api.CONTEXT_READER.using(context):
        return [(str(row[0]), str(row[1] or "")) for row in context.session.execute(query)]
