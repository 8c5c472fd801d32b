"""Remote endpoints: the table that a region's Neutron holds of ports in other regions.

A VTEP behind which a network has no endpoint any more is remembered as closed, for agents that could not be told.
"""

import dataclasses
import datetime
from collections.abc import Callable, Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import clock, versions
from tricircle.db.neutron.models import ClosedVtep
from tricircle.db.neutron.models import RemoteEndpoint as Row
from tricircle.domain.endpoints import RemoteEndpoint
from tricircle.domain.versions import Part

Table = frozenset[RemoteEndpoint]

_COLUMNS = (Row.mac_address, Row.ip_address, Row.vtep, Row.encapsulation, Row.tunnel_key)


def of_network(context: Any, network_id: str) -> frozenset[RemoteEndpoint]:
    """What this region knows of the network's ports in other regions."""
    query = sa.select(*_COLUMNS).where(Row.network_id == network_id)
    with db_api.CONTEXT_READER.using(context):
        return frozenset(RemoteEndpoint(*row) for row in context.session.execute(query))


def of_networks(context: Any, network_ids: Collection[str] | None) -> list[tuple[str, RemoteEndpoint]]:
    """(network id, endpoint) of the given networks, or of all."""
    query = sa.select(Row.network_id, *_COLUMNS).order_by(Row.network_id)
    if network_ids is not None:
        query = query.where(Row.network_id.in_(network_ids))
    with db_api.CONTEXT_READER.using(context):
        return [(row[0], RemoteEndpoint(*row[1:])) for row in context.session.execute(query)]


def replace(
    context: Any, network_id: str, target: frozenset[RemoteEndpoint], version: str | None
) -> frozenset[RemoteEndpoint]:
    """Make the table of a network equal to ``target`` in one transaction, whatever it was; answers that.

    ``version``: central's; None: the table is none of central's.
    """
    with db_api.CONTEXT_WRITER.using(context):
        versions.put(context, network_id, version)
        known = of_network(context, network_id)
        _write(context, network_id, known, target)
        return known


def apply(
    context: Any, network_id: str, part: Part, decide: Callable[[Table], Table | None]
) -> tuple[Table, Table] | None:
    """Change the table of a network by what central has sent, in one transaction; answers what it was, and is.

    ``decide`` answers what it shall be of what it is, or None if that is none of central's: then it stays, and gets a
    version of the region's own. None: so it is, or the part is against another version than this region has.
    """
    with db_api.CONTEXT_WRITER.using(context):
        if not versions.advance(context, network_id, part):
            return None
        known = of_network(context, network_id)
        target = decide(known)
        if target is None:
            versions.put(context, network_id, None)
            return None
        _write(context, network_id, known, target)
        return known, target


def _write(context: Any, network_id: str, known: frozenset[RemoteEndpoint], target: frozenset[RemoteEndpoint]) -> None:
    _delete(context, network_id, known - target)
    rows = [{"network_id": network_id, **dataclasses.asdict(endpoint)} for endpoint in target - known]
    if rows:
        context.session.execute(sa.insert(Row), rows)
    _close(context, network_id, {e.vtep for e in known}, {e.vtep for e in target})


def _close(context: Any, network_id: str, before: set[str], after: set[str]) -> None:
    if not before | after:
        return
    concerned = ClosedVtep.network_id == network_id, ClosedVtep.vtep.in_(before | after)
    context.session.execute(sa.delete(ClosedVtep).where(*concerned))
    now = clock.read(context)
    rows = [{"network_id": network_id, "vtep": vtep, "closed_at": now} for vtep in before - after]
    if rows:
        context.session.execute(sa.insert(ClosedVtep), rows)


def closed(context: Any, network_ids: Collection[str] | None = None) -> dict[str, frozenset[str]]:
    """VTEPs by network id, of the given networks or of all, behind which there were endpoints, and are none."""
    query = sa.select(ClosedVtep.network_id, ClosedVtep.vtep)
    if network_ids is not None:
        query = query.where(ClosedVtep.network_id.in_(network_ids))
    found: dict[str, set[str]] = {}
    with db_api.CONTEXT_READER.using(context):
        for network_id, vtep in context.session.execute(query):
            found.setdefault(network_id, set()).add(vtep)
    return {network_id: frozenset(vteps) for network_id, vteps in found.items()}


def forget_closed(context: Any, age: int) -> None:
    """Drop what was closed more than ``age`` seconds ago."""
    with db_api.CONTEXT_WRITER.using(context):
        oldest = clock.read(context) - datetime.timedelta(seconds=age)
        context.session.execute(sa.delete(ClosedVtep).where(ClosedVtep.closed_at < oldest))


def _delete(context: Any, network_id: str, endpoints: Iterable[RemoteEndpoint]) -> None:
    keys = [(e.mac_address, e.ip_address) for e in endpoints]
    if keys:
        context.session.execute(
            sa.delete(Row).where(Row.network_id == network_id, sa.tuple_(Row.mac_address, Row.ip_address).in_(keys))
        )
