"""What central keeps by a region's name."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import l3_attrs
from neutron_lib.db import api as db_api
from oslo_serialization import jsonutils

from tricircle.db.neutron.models import Change, PortLocation, RegionalAddress, RouterPort

# Tables with a region's name in each row.
KEYED: dict[str, Any] = {
    "port_locations": PortLocation,
    "regional_addresses": RegionalAddress,
    "router_ports": RouterPort,
}
CHANGES = "changes"
# What keeps availability zone hints, and by which id.
_HINTED: tuple[tuple[Any, Any], ...] = (
    (models_v2.Network.__table__, models_v2.Network.__table__.c.id),
    (l3_attrs.RouterExtraAttributes.__table__, l3_attrs.RouterExtraAttributes.__table__.c.router_id),
)


def names(context: Any) -> set[str]:
    """Regions of which there is something."""
    with db_api.CONTEXT_READER.using(context):
        return {
            str(name)
            for row in KEYED.values()
            for name in context.session.scalars(sa.select(row.region_name).distinct())
        }


def count(context: Any, name: str) -> dict[str, int]:
    """How many rows there are of a region, by table; of the changes those that are no jobs yet."""
    with db_api.CONTEXT_READER.using(context):
        found = {
            table: context.session.scalar(sa.select(sa.func.count()).where(row.region_name == name))
            for table, row in KEYED.items()
        }
        named = sa.or_(Change.except_region == name, Change.in_region == name)
        pending = sa.select(sa.func.count()).where(Change.delivered_at.is_(None), named)
        found[CHANGES] = context.session.scalar(pending)
    return {table: int(number or 0) for table, number in found.items()}


def clashing(context: Any, name: str, new_name: str) -> tuple[list[RegionalAddress], list[RouterPort]]:
    """Reservations of ``name`` that ``new_name`` has too: of an address on the same subnet, of the same interface."""
    address, port = RegionalAddress, RouterPort
    theirs = sa.select(address.subnet_id, address.purpose).where(address.region_name == new_name)
    interfaces = sa.select(port.interface_id).where(port.region_name == new_name)
    both = sa.tuple_(address.subnet_id, address.purpose).in_(theirs)
    with db_api.CONTEXT_READER.using(context):
        addresses = list(context.session.scalars(sa.select(address).where(address.region_name == name, both)))
        mine = sa.select(port).where(port.region_name == name, port.interface_id.in_(interfaces))
        ports = list(context.session.scalars(mine))
        context.session.expunge_all()
    return addresses, ports


def rename(context: Any, name: str, new_name: str) -> None:
    """Have every row of ``name`` be one of ``new_name``, inside the caller's transaction: one after the other, by key.

    The two have no keys in common; see ``clashing``.
    """
    for row in KEYED.values():
        table = row.__table__
        keys = [column for column in table.primary_key if column.name != "region_name"]
        found = context.session.execute(sa.select(*keys).where(table.c.region_name == name)).all()
        for values in found:
            mine = [column == value for column, value in zip(keys, values, strict=True)]
            context.session.execute(
                table.update().where(table.c.region_name == name, *mine).values(region_name=new_name)
            )
    table = Change.__table__
    for column in (table.c.except_region, table.c.in_region):
        pending = sa.select(table.c.id).where(table.c.delivered_at.is_(None), column == name)
        for number in context.session.scalars(pending).all():
            context.session.execute(table.update().where(table.c.id == number).values({column.name: new_name}))


def hinted(context: Any, name: str) -> list[tuple[Any, str, list[str]]]:
    """(id column, id, hints) of the networks and routers that name a region as availability zone hint.

    For use inside the caller's transaction.
    """
    found = []
    for table, id_column in _HINTED:
        hints = table.c.availability_zone_hints
        query = sa.select(id_column, hints).where(hints.contains(jsonutils.dumps(name), autoescape=True))
        rows = context.session.execute(query).all()
        found += [(id_column, str(id_), named) for id_, text in rows if name in (named := jsonutils.loads(text))]
    return found


def set_hints(context: Any, id_column: Any, id_: str, hints: Iterable[str]) -> None:
    """Write the hints of one of those, inside the caller's transaction."""
    text = jsonutils.dumps(list(hints))
    context.session.execute(id_column.table.update().where(id_column == id_).values(availability_zone_hints=text))
