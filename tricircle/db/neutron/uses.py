"""What of networks and groups somebody uses in a region, as central knows it."""

import itertools
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import external_net as external_models
from neutron.db.models import securitygroup as sg_models
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tricircle.db.neutron.models import PortLocation, RegionalAddress, RouterPort

_BATCH = 500


def ports_in(
    context: Any, region_name: str, network_ids: Collection[str], idle_owners: Collection[str]
) -> dict[str, int]:
    """By network, how many ports live in the region, but for those of these owners."""
    port, place = models_v2.Port, PortLocation
    query = sa.select(port.network_id, sa.func.count()).join(place, place.port_id == port.id)
    query = query.where(place.region_name == region_name, port.device_owner.not_in(idle_owners))
    return _counted(context, query, network_ids)


def bridged_in(context: Any, region_name: str, network_ids: Collection[str], owner: str) -> dict[str, int]:
    """By network, how many ports of this owner join parts of routers in the region to it."""
    port = models_v2.Port
    query = sa.select(port.network_id, sa.func.count()).join(RouterPort, RouterPort.port_id == port.id)
    query = query.where(RouterPort.region_name == region_name, port.device_owner == owner)
    return _counted(context, query, network_ids)


def unlocated_gateways(context: Any, network_ids: Collection[str]) -> dict[str, int]:
    """By external network, how many routers have gateways there of which no region has told yet."""
    port, place, external = models_v2.Port, PortLocation, external_models.ExternalNetwork
    query = (
        sa.select(port.network_id, sa.func.count())
        .join(external, external.network_id == port.network_id)
        .outerjoin(place, place.port_id == port.id)
        .where(place.port_id.is_(None), port.device_owner == constants.DEVICE_OWNER_ROUTER_GW)
    )
    return _counted(context, query, network_ids)


def _counted(context: Any, query: Any, network_ids: Collection[str]) -> dict[str, int]:
    column = models_v2.Port.network_id
    found: dict[str, int] = {}
    with db_api.CONTEXT_READER.using(context):
        for ids in _batches(network_ids):
            rows = context.session.execute(query.where(column.in_(ids)).group_by(column))
            found |= {str(row[0]): int(row[1]) for row in rows}
    return found


def networks_with(context: Any, region_name: str, port_ids: Collection[str], subnet_ids: Collection[str]) -> set[str]:
    """Networks of the ports and subnets, and those on which something is located in, or reserved for, the region."""
    port, subnet = models_v2.Port, models_v2.Subnet
    located = sa.select(port.network_id).join(PortLocation, PortLocation.port_id == port.id)
    reserved = sa.select(subnet.network_id).join(RegionalAddress, RegionalAddress.subnet_id == subnet.id)
    joined = sa.select(port.network_id).join(RouterPort, RouterPort.port_id == port.id)
    queries = [
        located.where(PortLocation.region_name == region_name),
        reserved.where(RegionalAddress.region_name == region_name),
        joined.where(RouterPort.region_name == region_name),
        *(sa.select(port.network_id).where(port.id.in_(ids)) for ids in _batches(port_ids)),
        *(sa.select(subnet.network_id).where(subnet.id.in_(ids)) for ids in _batches(subnet_ids)),
    ]
    found: set[str] = set()
    with db_api.CONTEXT_READER.using(context):
        for query in queries:
            found |= set(context.session.scalars(query.distinct()))
    return found


def parts_of(context: Any, network_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Ids of the subnets and of the ports of networks."""
    port, subnet = models_v2.Port, models_v2.Subnet
    with db_api.CONTEXT_READER.using(context):
        subnets = set(context.session.scalars(sa.select(subnet.id).where(subnet.network_id.in_(network_ids))))
        return subnets, set(context.session.scalars(sa.select(port.id).where(port.network_id.in_(network_ids))))


def ports_not_in(
    context: Any, region_name: str, network_ids: Collection[str], port_ids: Collection[str]
) -> dict[str, list[str]]:
    """By network, those of the ports that do not live in the region."""
    port, place = models_v2.Port, PortLocation
    elsewhere = sa.or_(place.port_id.is_(None), place.region_name != region_name)
    query = sa.select(port.network_id, port.id).outerjoin(place, place.port_id == port.id).where(elsewhere)
    found: dict[str, list[str]] = {network_id: [] for network_id in network_ids}
    with db_api.CONTEXT_READER.using(context):
        queries = (query.where(port.id.in_(ids)).order_by(port.id) for ids in _batches(port_ids))
        for network_id, port_id in itertools.chain.from_iterable(map(context.session.execute, queries)):
            if network_id in found:
                found[network_id].append(port_id)
    return found


def located_on(context: Any, region_name: str, network_ids: Collection[str], owner: str | None = None) -> list[str]:
    """Ids of the ports on networks that live in the region, of this owner or of any."""
    port, place = models_v2.Port, PortLocation
    query = sa.select(port.id).join(place, place.port_id == port.id)
    query = query.where(place.region_name == region_name, port.network_id.in_(network_ids))
    if owner is not None:
        query = query.where(port.device_owner == owner)
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(query.order_by(port.id)))


def groups_in(
    context: Any, region_name: str, port_ids: Collection[str], project_ids: Collection[str]
) -> tuple[set[str], set[str]]:
    """Security groups and address groups that are used in the region.

    By ports that live there, and those of these ids; and the default groups of these projects; with all that their
    rules name.
    """
    binding, place, default = sg_models.SecurityGroupPortBinding, PortLocation, sg_models.DefaultSecurityGroup
    query = sa.select(binding.security_group_id).distinct()
    located = query.join(place, place.port_id == binding.port_id).where(place.region_name == region_name)
    with db_api.CONTEXT_READER.using(context):
        used = set(context.session.scalars(located))
        for ids in _batches(port_ids):
            used |= set(context.session.scalars(query.where(binding.port_id.in_(ids))))
        for ids in _batches(project_ids):
            used |= set(
                context.session.scalars(sa.select(default.security_group_id).where(default.project_id.in_(ids)))
            )
        return closure(context, used)


def closure(context: Any, group_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """The groups with all security groups that their rules lead to, and the address groups that these name.

    For use inside the caller's transaction.
    """
    rule = sg_models.SecurityGroupRule
    found: set[str] = set()
    address_groups: set[str] = set()
    wanted = set(group_ids)
    while wanted:
        found |= wanted
        named: set[str] = set()
        for ids in _batches(wanted):
            query = sa.select(rule.remote_group_id, rule.remote_address_group_id)
            for remote, addresses in context.session.execute(query.where(rule.security_group_id.in_(ids))):
                named |= {remote} - {None}
                address_groups |= {addresses} - {None}
        wanted = named - found
    return found, address_groups


def _batches(ids: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(ids)
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


def group_of_rule(context: Any, rule_id: str) -> str | None:
    """The security group of a rule; None if there is no such rule."""
    rule = sg_models.SecurityGroupRule
    with db_api.CONTEXT_READER.using(context):
        found: str | None = context.session.scalar(sa.select(rule.security_group_id).where(rule.id == rule_id))
        return found
