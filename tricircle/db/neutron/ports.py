"""Neutron's own rows of ports, past its plugins: many at a time, or inside a transaction that is open."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api

from tricircle.db.neutron.models import Copy

_BATCH = 500


def rows(context: Any, port_ids: Collection[str]) -> dict[str, Any]:
    """Rows by id, for use inside the caller's transaction."""
    query = sa.select(models_v2.Port).where(models_v2.Port.id.in_(port_ids))
    return {row.id: row for row in context.session.scalars(query).unique()}


def owners(context: Any, port_ids: Collection[str]) -> dict[str, str]:
    """Device owners by port id."""
    port = models_v2.Port
    with db_api.CONTEXT_READER.using(context):
        found = context.session.execute(sa.select(port.id, port.device_owner).where(port.id.in_(port_ids)))
        return {str(row[0]): str(row[1]) for row in found}


def networks_of_subnets(context: Any, subnet_ids: Collection[str]) -> set[str]:
    """Ids of the subnets' networks."""
    subnet = models_v2.Subnet
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(sa.select(subnet.network_id).where(subnet.id.in_(subnet_ids))))


def address_modes(context: Any, network_id: str) -> Sequence[Mapping[str, Any]]:
    """What of a network's subnets the addresses of ports depend on: ``id`` and the two IPv6 modes."""
    subnet = models_v2.Subnet
    query = sa.select(subnet.id, subnet.ipv6_address_mode, subnet.ipv6_ra_mode).where(subnet.network_id == network_id)
    with db_api.CONTEXT_READER.using(context):
        found: Sequence[Mapping[str, Any]] = context.session.execute(query).mappings().all()
        return found


def routers_on(context: Any, network_ids: Iterable[str]) -> dict[str, str]:
    """Ids of the routers that have interfaces on the networks, with the ports' project ids."""
    port, ids = models_v2.Port, sorted(network_ids)
    found: dict[str, str] = {}
    with db_api.CONTEXT_READER.using(context):
        for start in range(0, len(ids), _BATCH):
            query = sa.select(port.device_id, port.project_id).where(
                port.network_id.in_(ids[start : start + _BATCH]),
                port.device_owner == constants.DEVICE_OWNER_ROUTER_INTF,
            )
            found |= {str(row[0]): str(row[1] or "") for row in context.session.execute(query)}
    return found


# Bindings.


def bind(context: Any, port_id: str, **values: Any) -> None:
    """Write columns of a port's active binding, inside the caller's transaction."""
    binding = ml2_models.PortBinding
    mine = sa.update(binding).where(binding.port_id == port_id, binding.status == constants.ACTIVE).values(**values)
    context.session.execute(mine.execution_options(synchronize_session=False))


def unbind(context: Any, port_ids: Collection[str]) -> None:
    """The ports are down, and on no host, inside the caller's transaction."""
    port, binding = models_v2.Port, ml2_models.PortBinding
    for statement in (
        sa.update(port).where(port.id.in_(port_ids)).values(status=constants.PORT_STATUS_DOWN),
        sa.update(binding)
        .where(binding.port_id.in_(port_ids))
        .values(host="", vif_type=portbindings.VIF_TYPE_UNBOUND, vif_details=""),
    ):
        context.session.execute(statement.execution_options(synchronize_session=False))


@dataclasses.dataclass(frozen=True, slots=True)
class OnNetwork:
    """A port, by what decides whether its network is in use."""

    id: str
    device_owner: str
    device_id: str
    is_bound: bool


def on_network(context: Any, network_id: str) -> list[OnNetwork]:
    """All ports of a network."""
    port, binding = models_v2.Port, ml2_models.PortBinding
    bound = sa.exists().where(binding.port_id == port.id, binding.host != "")
    query = sa.select(port.id, port.device_owner, port.device_id, bound).where(port.network_id == network_id)
    with db_api.CONTEXT_READER.using(context):
        return [OnNetwork(row[0], row[1], row[2] or "", bool(row[3])) for row in context.session.execute(query)]


# In a region.


def take_reserved(context: Any, network_id: str, device_id: str) -> str | None:
    """Make one of the copies that are reserved for DHCP servers on a network ``device_id``'s; its id, or None."""
    port = models_v2.Port
    reserved = sa.select(port.id).where(
        port.network_id == network_id,
        port.device_owner == constants.DEVICE_OWNER_DHCP,
        port.device_id == constants.DEVICE_ID_RESERVED_DHCP_PORT,
        sa.exists().where(Copy.resource_id == port.id, Copy.deleted_at.is_(None)),
    )
    with db_api.CONTEXT_WRITER.using(context):
        for port_id in context.session.scalars(reserved).all():
            # Two servers may ask at once: each port is one's.
            taken = sa.update(port).where(port.id == port_id, port.device_id == constants.DEVICE_ID_RESERVED_DHCP_PORT)
            done = context.session.execute(
                taken.values(device_id=device_id).execution_options(synchronize_session=False)
            )
            if done.rowcount == 1:
                return str(port_id)
    return None


def half_joined(context: Any) -> set[str]:
    """Ids of ports on copies of central's networks that are a router's, or a floating IP's, and that none has."""
    port, attachment, floating = models_v2.Port, l3_models.RouterPort, l3_models.FloatingIP
    of_routers = sa.and_(
        port.device_owner.in_([constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW]),
        ~sa.exists().where(attachment.port_id == port.id),
    )
    of_floating_ips = sa.and_(
        port.device_owner == constants.DEVICE_OWNER_FLOATINGIP,
        ~sa.exists().where(floating.floating_port_id == port.id),
    )
    query = (
        sa.select(port.id)
        .join(Copy, Copy.resource_id == port.network_id)
        .where(Copy.deleted_at.is_(None), sa.or_(of_routers, of_floating_ips))
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))
