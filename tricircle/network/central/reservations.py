"""Ports that central makes for regions, each with the row that says so in one transaction.

A port without its row would be nobody's: no region would use it, and no tenant could delete what it stands on.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from neutron_lib import exceptions
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.callbacks import exceptions as callback_exc
from neutron_lib.plugins import utils as plugin_utils

from tricircle.db.neutron import addresses, router_ports
from tricircle.domain.jsons import Json
from tricircle.network import call_info
from tricircle.network.call_info import Write

LOG = logging.getLogger(__name__)

# Seconds for which a port without row is left alone: who has made it may be about to write that.
_YOUNG = 60


class _TakenError(exceptions.NeutronException):
    """Another request was faster."""

    message = "Port %(port_id)s reserves what is reserved already"


class Reservations:
    """Makes and changes such ports."""

    def __init__(self, plugin: Any) -> None:
        """Listens from now on; ``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._nobodys: dict[str, float] = {}
        registry.subscribe(self._made, resources.PORT, events.PRECOMMIT_CREATE)
        registry.subscribe(self._changed, resources.PORT, events.PRECOMMIT_UPDATE)

    def create(self, admin: Any, body: Json, write: Write) -> Json | None:
        """Make a port, and ``write`` its row; None, and nothing is made, where another request was faster."""
        body = {"project_id": "", "tenant_id": "", "admin_state_up": True, "device_id": body["name"], **body}
        return self._with(admin, write, lambda: plugin_utils.create_port(self._plugin, admin, {"port": body}))

    def update(self, admin: Any, port_id: str, changes: Json, write: Write) -> Json | None:
        """The same for a port that gets more to reserve."""
        return self._with(admin, write, lambda: self._plugin.update_port(admin, port_id, {"port": changes}))

    @staticmethod
    def _with(admin: Any, write: Write, act: Callable[[], Json]) -> Json | None:
        try:
            with call_info.on(admin, reservation=write):
                return act()
        except callback_exc.CallbackFailure as failure:
            if any(isinstance(error, _TakenError) for error in failure.inner_exceptions):
                return None
            raise

    def _made(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        self._write(payload.context, payload.latest_state)

    def _changed(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        self._write(payload.context, payload.desired_state)

    @staticmethod
    def _write(context: Any, port: Json) -> None:
        write = call_info.of(context).reservation
        if write is not None and not write(context, port):
            raise _TakenError(port_id=port["id"])

    def sweep(self, admin: Any) -> None:
        """Delete what is nobody's for a minute: its subnet has gone, or a crash came between two steps.

        Gateways of routers are among it: what Neutron has made half would keep an external address for ever.
        """
        now = time.monotonic()
        found = addresses.nobodys_ports(admin) | router_ports.half_made_gateways(admin)
        self._nobodys = {port_id: self._nobodys.get(port_id, now) for port_id in found}
        for port_id in [port_id for port_id, since in self._nobodys.items() if now - since >= _YOUNG]:
            LOG.warning("Port %s reserves nothing for anybody, and is deleted", port_id)
            self._plugin.delete_port(admin, port_id, l3_port_check=False)
