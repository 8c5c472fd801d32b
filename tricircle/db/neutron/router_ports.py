"""Ports of routers' parts at central: which port stands for an interface in a region, and which joins a bridge."""

import dataclasses
import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron import clock
from tricircle.db.neutron.models import BridgeNetwork, PortLocation, RegionalAddress, RouterPort


def of_interfaces(context: Any, interface_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """Port ids by (interface id, region name)."""
    query = sa.select(RouterPort.interface_id, RouterPort.region_name, RouterPort.port_id).where(
        RouterPort.interface_id.in_(interface_ids)
    )
    with db_api.CONTEXT_READER.using(context):
        return {(row[0], row[1]): row[2] for row in context.session.execute(query)}


def regions_of_ports(context: Any, port_ids: Collection[str]) -> dict[str, str]:
    """By id of the ports that stand for an interface of a router in a region, or join it to a bridge, that region."""
    query = sa.select(RouterPort.port_id, RouterPort.region_name).where(RouterPort.port_id.in_(port_ids))
    with db_api.CONTEXT_READER.using(context):
        return {str(row[0]): str(row[1]) for row in context.session.execute(query)}


def further_gateways(context: Any, router_id: str) -> list[str]:
    """Ports of a router's gateways beside the one that ``Router.gw_port_id`` names."""
    router, attachment = l3_models.Router, l3_models.RouterPort
    query = (
        sa.select(attachment.port_id)
        .join(router, router.id == attachment.router_id)
        .where(
            attachment.router_id == router_id,
            attachment.port_type == constants.DEVICE_OWNER_ROUTER_GW,
            attachment.port_id != router.gw_port_id,
        )
    )
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(query))


def half_made_gateways(context: Any) -> set[str]:
    """Ids of gateways' ports without the router's entry for it.

    Neutron makes that in a transaction of its own, and sweeps such ports of floating IPs alone (its janitor).
    """
    port, attachment, router = models_v2.Port, l3_models.RouterPort, l3_models.Router
    query = sa.select(port.id).where(
        port.device_owner == constants.DEVICE_OWNER_ROUTER_GW,
        ~sa.exists().where(attachment.port_id == port.id),
        ~sa.exists().where(router.gw_port_id == port.id),
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """A port that stands for an interface in a region, and its status there."""

    region_name: str
    status: str


def interfaces_of(
    context: Any, *, port_ids: Collection[str] = (), network_ids: Collection[str] = ()
) -> dict[str, tuple[str, str]]:
    """Routers' interfaces, by port id their network and router: those on the networks, and those for which one of the
    ports stands in a region, by itself or by the gateway address that it reserves.
    """
    port, reserved, fixed = models_v2.Port, RegionalAddress, models_v2.IPAllocation
    ours = sa.select(RouterPort.interface_id).where(RouterPort.port_id.in_(port_ids))
    gateways = (
        sa.select(fixed.port_id)
        .join(reserved, reserved.subnet_id == fixed.subnet_id)
        .where(reserved.port_id.in_(port_ids))
    )
    concerned = sa.or_(
        port.network_id.in_(network_ids), port.id.in_(port_ids), port.id.in_(ours), port.id.in_(gateways)
    )
    query = sa.select(port.id, port.network_id, port.device_id).where(
        concerned, port.device_owner == constants.DEVICE_OWNER_ROUTER_INTF
    )
    with db_api.CONTEXT_READER.using(context):
        return {row[0]: (row[1], row[2]) for row in context.session.execute(query)}


def standing_for(context: Any, interface_ids: Collection[str]) -> dict[str, list[Standing]]:
    """By interface, the ports that stand for it in regions that have told of them."""
    found: dict[str, list[Standing]] = {}
    place, fixed, reserved = PortLocation, models_v2.IPAllocation, RegionalAddress
    itself = sa.select(place.port_id, place.region_name, place.status).where(place.port_id.in_(interface_ids))
    further = (
        sa.select(RouterPort.interface_id, place.region_name, place.status)
        .join(place, place.port_id == RouterPort.port_id)
        .where(RouterPort.interface_id.in_(interface_ids))
    )
    gateways = (
        sa.select(fixed.port_id, place.region_name, place.status)
        .join(reserved, reserved.subnet_id == fixed.subnet_id)
        .join(place, place.port_id == reserved.port_id)
        .where(fixed.port_id.in_(interface_ids))
    )
    with db_api.CONTEXT_READER.using(context):
        for query in (itself, further, gateways):
            for interface_id, region_name, status in context.session.execute(query):
                found.setdefault(interface_id, []).append(Standing(region_name, status or ""))
    return found


def reserve(context: Any, interface_id: str, region_name: str, port_id: str) -> bool:
    """Record the region's port; False if the region has one already, or the port is another region's."""
    try:
        with db_api.CONTEXT_WRITER.using(context):
            context.session.add(RouterPort(interface_id=interface_id, region_name=region_name, port_id=port_id))
    except db_exc.DBDuplicateEntry:
        return False
    return True


def add(context: Any, interface_id: str, region_name: str, port_id: str) -> bool:
    """Record the region's port in the transaction that makes it; False, not to be committed, as ``reserve``."""
    context.session.add(RouterPort(interface_id=interface_id, region_name=region_name, port_id=port_id))
    try:
        context.session.flush()
    except db_exc.DBDuplicateEntry:
        return False
    return True


def forget(context: Any, interface_id: str, region_name: str) -> None:
    """The region's port stands for the interface no more; the port itself stays."""
    statement = sa.delete(RouterPort).where(
        RouterPort.interface_id == interface_id, RouterPort.region_name == region_name
    )
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(statement)


def in_region(
    context: Any, region_name: str, limit: int, network_ids: Collection[str] | None = None
) -> list[RouterPort]:
    """At most so many of the region's rows, with ports on these networks or on any."""
    port = models_v2.Port
    query = sa.select(RouterPort).where(RouterPort.region_name == region_name).limit(limit)
    if network_ids is not None:
        query = query.join(port, port.id == RouterPort.port_id).where(port.network_id.in_(network_ids))
    with db_api.CONTEXT_READER.using(context):
        rows = list(context.session.scalars(query))
        context.session.expunge_all()
    return rows


def bridge_of(context: Any, project_id: str) -> tuple[str, int] | None:
    """Id and number of the project's bridge network."""
    query = sa.select(BridgeNetwork.network_id, BridgeNetwork.number).where(BridgeNetwork.project_id == project_id)
    with db_api.CONTEXT_READER.using(context):
        row = context.session.execute(query).first()
        return (row[0], row[1]) if row else None


def cidrs_of_project(context: Any, project_id: str) -> set[str]:
    """CIDRs of the subnets to which routers of the project are joined, inside and outside."""
    router, attachment = l3_models.Router, l3_models.RouterPort
    fixed, subnet = models_v2.IPAllocation, models_v2.Subnet
    query = (
        sa.select(subnet.cidr)
        .join(fixed, fixed.subnet_id == subnet.id)
        .join(attachment, attachment.port_id == fixed.port_id)
        .join(router, router.id == attachment.router_id)
        .where(router.project_id == project_id)
        .distinct()
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))


def bridge_numbers(context: Any) -> set[int]:
    """The numbers that bridge networks have taken."""
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(sa.select(BridgeNetwork.number)))


def unused_bridges(context: Any, *, min_age: int = 0) -> list[str]:
    """Ids of the bridge networks on which there is no port, and which are ``min_age`` seconds old."""
    query = sa.select(BridgeNetwork.network_id).where(
        ~sa.exists().where(models_v2.Port.network_id == BridgeNetwork.network_id)
    )
    with db_api.CONTEXT_READER.using(context):
        if min_age:
            before = clock.read(context) - datetime.timedelta(seconds=min_age)
            query = query.where(sa.or_(BridgeNetwork.created_at.is_(None), BridgeNetwork.created_at <= before))
        return list(context.session.scalars(query))


def add_bridge(context: Any, project_id: str, network_id: str, number: int) -> bool:
    """Record a project's bridge network; False if it has one already, or the number is taken."""
    try:
        with db_api.CONTEXT_WRITER.using(context):
            context.session.add(BridgeNetwork(project_id=project_id, network_id=network_id, number=number))
            # Here, and not where a transaction around this one ends.
            context.session.flush()
    except db_exc.DBDuplicateEntry:
        return False
    return True
