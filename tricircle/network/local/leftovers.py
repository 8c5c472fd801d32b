"""Ports that a step left half-way: made for a part of a central router, and joined to nothing.

A step that the region refuses takes its port away at once; what a crash leaves would keep its network for ever.
"""

import logging
import time
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tricircle.db.neutron.models import Copy

LOG = logging.getLogger(__name__)

# Seconds for which such a port is left alone: whoever has made it is about to join it.
_YOUNG = 60


class Leftovers:
    """Looks for them now and then, in one process of the region."""

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is the region's core plugin."""
        self._plugin = plugin
        self._seen: dict[str, float] = {}

    def sweep(self, admin: Any) -> None:
        """Delete what has been there for a minute."""
        now = time.monotonic()
        self._seen = {port_id: self._seen.get(port_id, now) for port_id in half_made(admin)}
        for port_id in [port_id for port_id, since in self._seen.items() if now - since >= _YOUNG]:
            LOG.warning("Port %s was left half-way by a change of a router, and is deleted", port_id)
            self._plugin.delete_port(admin, port_id, l3_port_check=False)


def half_made(context: Any) -> set[str]:
    """Ids of ports on copies of central's networks that are a router's, or a floating IP's, and that none has."""
    port, joint, floating = models_v2.Port, l3_models.RouterPort, l3_models.FloatingIP
    of_routers = sa.and_(
        port.device_owner.in_([constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW]),
        ~sa.exists().where(joint.port_id == port.id),
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
