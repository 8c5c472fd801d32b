"""Regional addresses: which gateway and DHCP address a region has on a subnet."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron.device_owners import DEVICE_OWNER_BRIDGE, DEVICE_OWNER_GATEWAY
from tricircle.db.neutron.models import PortLocation, RegionalAddress, RouterPort

GATEWAY = "gateway"
DHCP = "dhcp"


def of_region(context: Any, region_name: str, subnet_ids: Collection[str]) -> dict[tuple[str, str], RegionalAddress]:
    """The region's rows by (subnet id, purpose)."""
    if not subnet_ids:
        return {}
    query = sa.select(RegionalAddress).where(
        RegionalAddress.region_name == region_name, RegionalAddress.subnet_id.in_(subnet_ids)
    )
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.scalars(query).all()
        context.session.expunge_all()
    return {(row.subnet_id, row.purpose): row for row in rows}


def in_region(
    context: Any, region_name: str, limit: int, network_ids: Collection[str] | None = None
) -> list[RegionalAddress]:
    """At most so many of the region's rows, on these networks or on any."""
    query = sa.select(RegionalAddress).where(RegionalAddress.region_name == region_name).limit(limit)
    if network_ids is not None:
        subnet = models_v2.Subnet
        query = query.join(subnet, subnet.id == RegionalAddress.subnet_id).where(subnet.network_id.in_(network_ids))
    with db_api.CONTEXT_READER.using(context):
        rows = list(context.session.scalars(query))
        context.session.expunge_all()
    return rows


def reserve(context: Any, region_name: str, subnet_id: str, purpose: str, ip_address: str) -> bool:
    """Record that the region has an address that no port reserves; False if it, or the region's, is taken already.

    In a transaction of its own.
    """
    row = RegionalAddress(region_name=region_name, subnet_id=subnet_id, purpose=purpose, ip_address=ip_address)
    try:
        with db_api.CONTEXT_WRITER.using(context):
            context.session.add(row)
    except db_exc.DBDuplicateEntry:
        return False
    return True


def add(context: Any, region_name: str, subnet_id: str, purpose: str, *, ip_address: str, port_id: str) -> bool:
    """Record, in the transaction that makes the port, that it reserves the address for the region.

    False if the address, or the region's, is taken already: the transaction must not be committed then.
    """
    context.session.add(
        RegionalAddress(
            region_name=region_name, subnet_id=subnet_id, purpose=purpose, ip_address=ip_address, port_id=port_id
        )
    )
    try:
        context.session.flush()
    except db_exc.DBDuplicateEntry:
        return False
    return True


def nobodys_ports(context: Any) -> set[str]:
    """Ids of the ports that reserve something, by their owner, and that nothing says what and for whom.

    DHCP servers' ports that no project owns are such, unless a region has told of them.
    """
    port = models_v2.Port
    ours = port.device_owner.in_([DEVICE_OWNER_GATEWAY, DEVICE_OWNER_BRIDGE])
    dhcp = sa.and_(
        port.device_owner == constants.DEVICE_OWNER_DHCP,
        port.project_id == "",
        ~sa.exists().where(PortLocation.port_id == port.id),
    )
    query = sa.select(port.id).where(
        sa.or_(ours, dhcp),
        ~sa.exists().where(RegionalAddress.port_id == port.id),
        ~sa.exists().where(RouterPort.port_id == port.id),
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def move(context: Any, row: RegionalAddress, ip_address: str) -> bool:
    """Let the region have another address; False if somebody has that, or was faster."""
    mine = (
        RegionalAddress.region_name == row.region_name,
        RegionalAddress.subnet_id == row.subnet_id,
        RegionalAddress.purpose == row.purpose,
        RegionalAddress.ip_address == row.ip_address,
    )
    try:
        with db_api.CONTEXT_WRITER.using(context):
            changed = context.session.execute(sa.update(RegionalAddress).where(*mine).values(ip_address=ip_address))
            return changed.rowcount == 1
    except db_exc.DBDuplicateEntry:
        return False


def release(context: Any, rows: Iterable[RegionalAddress]) -> None:
    """The region has the addresses no more. Their ports are the caller's to see to."""
    with db_api.CONTEXT_WRITER.using(context):
        for row in rows:
            mine = (
                RegionalAddress.region_name == row.region_name,
                RegionalAddress.subnet_id == row.subnet_id,
                RegionalAddress.purpose == row.purpose,
            )
            context.session.execute(sa.delete(RegionalAddress).where(*mine))


def hand_over(context: Any, port_id: str, successor_id: str) -> bool:
    """Let another port have the gateway address that a port reserves; False if somebody was faster.

    Alone, or in the transaction that makes the other port.
    """
    mine = RegionalAddress.port_id == port_id, RegionalAddress.purpose == GATEWAY
    with db_api.CONTEXT_WRITER.using(context):
        row = context.session.scalars(sa.select(RegionalAddress).where(*mine)).one_or_none()
        if row is None:
            return False
        allocation = (
            models_v2.IPAllocation.port_id == port_id,
            models_v2.IPAllocation.subnet_id == row.subnet_id,
            models_v2.IPAllocation.ip_address == row.ip_address,
        )
        context.session.execute(sa.update(models_v2.IPAllocation).where(*allocation).values(port_id=successor_id))
        changed = context.session.execute(sa.update(RegionalAddress).where(*mine).values(port_id=successor_id))
        return changed.rowcount == 1


def regions_of_ports(context: Any, port_ids: Collection[str]) -> dict[str, str]:
    """By id of the ports that reserve something for a region, that region."""
    if not port_ids:
        return {}
    query = sa.select(RegionalAddress.port_id, RegionalAddress.region_name).where(RegionalAddress.port_id.in_(port_ids))
    with db_api.CONTEXT_READER.using(context):
        return {str(row[0]): str(row[1]) for row in context.session.execute(query)}


def reserving_ports(context: Any, *, subnet_ids: Collection[str]) -> set[str]:
    """Ids of the ports that reserve anything on the subnets."""
    query = sa.select(RegionalAddress.port_id).where(
        RegionalAddress.subnet_id.in_(subnet_ids), RegionalAddress.port_id.is_not(None)
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def gateway_ports(context: Any, *, subnet_ids: Collection[str]) -> list[str]:
    """Ids of the ports that reserve gateway addresses on the subnets."""
    query = sa.select(RegionalAddress.port_id).where(
        RegionalAddress.subnet_id.in_(subnet_ids),
        RegionalAddress.purpose == GATEWAY,
        RegionalAddress.port_id.is_not(None),
    )
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(query))
