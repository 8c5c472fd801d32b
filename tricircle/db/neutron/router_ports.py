"""Ports of routers' parts at central: which port stands for an interface in a region, and which joins a bridge."""

import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib.db import api as db_api
from neutron_lib.db.standard_attr import StandardAttribute
from oslo_db import exception as db_exc
from oslo_utils import timeutils

from tricircle.db.neutron.models import BridgeNetwork, RouterPort


def of_interfaces(context: Any, interface_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """Port ids by (interface id, region name)."""
    query = sa.select(RouterPort.interface_id, RouterPort.region_name, RouterPort.port_id).where(
        RouterPort.interface_id.in_(interface_ids)
    )
    with db_api.CONTEXT_READER.using(context):
        return {(row[0], row[1]): row[2] for row in context.session.execute(query)}


def reserve(context: Any, interface_id: str, region_name: str, port_id: str) -> bool:
    """Record the region's port; False if the region has one already, or the port is another region's."""
    try:
        with db_api.CONTEXT_WRITER.using(context):
            context.session.add(RouterPort(interface_id=interface_id, region_name=region_name, port_id=port_id))
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


def bridge_of(context: Any, project_id: str) -> tuple[str, int] | None:
    """Id and number of the project's bridge network."""
    query = sa.select(BridgeNetwork.network_id, BridgeNetwork.number).where(BridgeNetwork.project_id == project_id)
    with db_api.CONTEXT_READER.using(context):
        row = context.session.execute(query).first()
        return (row[0], row[1]) if row else None


def bridge_numbers(context: Any) -> set[int]:
    """The numbers that bridge networks have taken."""
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(sa.select(BridgeNetwork.number)))


def unused_bridges(context: Any, *, min_age: int = 0) -> list[str]:
    """Ids of the bridge networks on which there is no port, and which are ``min_age`` seconds old."""
    query = (
        sa.select(BridgeNetwork.network_id)
        .join(models_v2.Network, models_v2.Network.id == BridgeNetwork.network_id)
        .join(StandardAttribute, StandardAttribute.id == models_v2.Network.standard_attr_id)
        .where(~sa.exists().where(models_v2.Port.network_id == BridgeNetwork.network_id))
    )
    if min_age:
        before = timeutils.utcnow() - datetime.timedelta(seconds=min_age)
        query = query.where(StandardAttribute.created_at <= before)
    with db_api.CONTEXT_READER.using(context):
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
