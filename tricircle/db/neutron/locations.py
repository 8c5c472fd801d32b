"""Locations: in which region, and behind which VTEP, a port of central lives."""

import dataclasses
import datetime
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock, departures, members
from tricircle.db.neutron.models import UNREPORTED, PortLocation
from tricircle.domain.endpoints import LocatedPort, TunnelEndpoint
from tricircle.domain.routings import ARRIVAL_SECONDS


@dataclasses.dataclass(frozen=True, slots=True)
class Location:
    """A port's region, and the VTEP behind which other regions reach it (None: none does).

    ``host`` is empty as long as the port is not bound.
    """

    region_name: str
    vtep: str | None
    host: str


def by_port(context: Any, port_ids: Collection[str]) -> dict[str, PortLocation]:
    """Rows by port id, for use inside the caller's transaction."""
    query = sa.select(PortLocation).where(PortLocation.port_id.in_(port_ids))
    return {row.port_id: row for row in context.session.scalars(query)}


def of_port(context: Any, port_id: str) -> Location | None:
    """Where the port lives, None if nowhere yet."""
    return of_ports(context, [port_id]).get(port_id)


def of_ports(context: Any, port_ids: Collection[str]) -> dict[str, Location]:
    """Where the ports live, by id; those that live nowhere yet are left out."""
    row = PortLocation
    query = sa.select(row.port_id, row.region_name, row.vtep, row.host).where(row.port_id.in_(port_ids))
    with db_api.CONTEXT_READER.using(context):
        return {found[0]: Location(*found[1:]) for found in context.session.execute(query)}


def in_region(context: Any, region_name: str, limit: int) -> list[str]:
    """Ids of at most so many ports that live in a region."""
    row = PortLocation
    query = sa.select(row.port_id).where(row.region_name == region_name).order_by(row.port_id).limit(limit)
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(query))


def never_made(
    context: Any, region_name: str, since: datetime.datetime, *, after: str, until: str, age: int
) -> set[str]:
    """Ids of ports that a region had central create, at least ``age`` seconds ago, and never told of.

    And after ``since`` (naive, UTC): a database that was made anew, or brought back, does not know what was asked
    before. Those greater than ``after`` and up to ``until`` (empty: the last).
    """
    with db_api.CONTEXT_READER.using(context):
        query = sa.select(PortLocation.port_id).where(
            PortLocation.region_name == region_name,
            PortLocation.revision == UNREPORTED,
            PortLocation.port_id > after,
            PortLocation.created_at > since,
            PortLocation.created_at < clock.read(context) - datetime.timedelta(seconds=age),
        )
        if until:
            query = query.where(PortLocation.port_id <= until)
        return set(context.session.scalars(query))


def of_other_lives(
    context: Any, region_name: str, incarnation: str, *, after: str, until: str
) -> dict[str, PortLocation]:
    """By port id, what is known of a region from other lives of its database; bounds as in ``never_made``.

    But for what it may have asked for just now, in this one. For use inside the caller's transaction.
    """
    other = sa.or_(PortLocation.incarnation.is_(None), PortLocation.incarnation != incarnation)
    moment_ago = clock.read(context) - datetime.timedelta(seconds=ARRIVAL_SECONDS)
    old = sa.or_(PortLocation.created_at.is_(None), PortLocation.created_at < moment_ago)
    query = sa.select(PortLocation).where(PortLocation.region_name == region_name, PortLocation.port_id > after)
    query = query.where(other, sa.or_(old, PortLocation.revision != UNREPORTED))
    if until:
        query = query.where(PortLocation.port_id <= until)
    return {row.port_id: row for row in context.session.scalars(query)}


def forget(context: Any, port_ids: Collection[str]) -> dict[str, str]:
    """The ports live nowhere any more; answers their networks, with the networks' project ids.

    For use inside the caller's transaction.
    """
    ports, networks = models_v2.Port, models_v2.Network
    query = (
        sa.select(networks.id, networks.project_id, ports.mac_address)
        .join(ports, ports.network_id == networks.id)
        .join(PortLocation, PortLocation.port_id == ports.id)
        .where(ports.id.in_(port_ids))
    )
    rows = context.session.execute(query).all()
    departures.note(context, [(row.id, str(row.mac_address)) for row in rows])
    departures.note(context, members.addresses_of_ports(context, port_ids))
    found = {row.id: row.project_id or "" for row in rows}
    context.session.execute(sa.delete(PortLocation).where(PortLocation.port_id.in_(port_ids)))
    return found


def touch(context: Any, *, port_ids: Collection[str] = (), network_id: str | None = None) -> None:
    """What others reach the ports by (or all those of a network) is changed in the caller's transaction."""
    if not port_ids and network_id is None:
        return
    ports = models_v2.Port
    mine = (
        PortLocation.port_id.in_(sa.select(ports.id).where(ports.network_id == network_id))
        if network_id
        else PortLocation.port_id.in_(port_ids)
    )
    statement = sa.update(PortLocation).where(mine).values(changed_at=clock.utc_now())
    context.session.execute(statement.execution_options(synchronize_session=False))


def on_networks(context: Any, network_ids: Collection[str]) -> dict[str, list[LocatedPort]]:
    """Every located port of networks, by network id, with two queries however many there are."""
    found: dict[str, list[LocatedPort]] = {network_id: [] for network_id in network_ids}
    if not found:
        return found
    ports, locations, ips = models_v2.Port, PortLocation, models_v2.IPAllocation
    with db_api.CONTEXT_READER.using(context):
        addresses: dict[str, list[str]] = {}
        query = sa.select(ips.port_id, ips.ip_address).where(ips.network_id.in_(found))
        for port_id, address in context.session.execute(query):
            addresses.setdefault(port_id, []).append(str(address))
        query = (
            sa.select(
                ports.id,
                ports.network_id,
                ports.mac_address,
                ports.device_owner,
                ports.status,
                locations.region_name,
                locations.vtep,
                locations.encapsulation,
                locations.tunnel_key,
                locations.changed_at,
            )
            .join(locations, locations.port_id == ports.id)
            .where(ports.network_id.in_(found))
        )
        for row in context.session.execute(query):
            found[row.network_id].append(_located(row, addresses.get(row.id, ())))
    return found


def _located(row: Any, addresses: Iterable[str]) -> LocatedPort:
    return LocatedPort(
        port_id=row.id,
        region_name=row.region_name,
        reached_at=TunnelEndpoint(row.vtep, row.encapsulation, row.tunnel_key) if row.vtep else None,
        mac_address=str(row.mac_address),
        ip_addresses=tuple(sorted(addresses)),
        device_owner=row.device_owner,
        active=row.status == constants.PORT_STATUS_ACTIVE,
        changed_at=row.changed_at,
    )
