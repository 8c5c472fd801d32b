"""Ports that are reserved for a region's DHCP servers are marked by their device id, and nobody else marks one so.

Neutron's DHCP agent takes any port on its network with that device id for its own.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib import constants
from neutron_lib import exceptions as n_exc

from tricircle.domain.jsons import Json
from tricircle.network._real_plugin import RealPlugin


class ReservedMark(RealPlugin):
    """The real plugin's writes of ports.

    :raises BadRequest: somebody who is neither a service nor an administrator marks a port as reserved.
    """

    def create_port(self, context: Any, port: Json) -> Json:
        """As the real plugin."""
        _check(context, port["port"])
        return super().create_port(context, port)

    def create_port_bulk(self, context: Any, ports: Json) -> list[Json]:
        """As the real plugin."""
        for item in ports["ports"]:
            _check(context, item["port"])
        return super().create_port_bulk(context, ports)

    def update_port(self, context: Any, id: str, port: Json) -> Json:
        """As the real plugin."""
        _check(context, port["port"])
        return super().update_port(context, id, port)


def _check(context: Any, port: Mapping[str, Any]) -> None:
    reserved = constants.DEVICE_ID_RESERVED_DHCP_PORT
    if port.get("device_id") == reserved and not (context.is_admin or context.is_service_role):
        msg = f"device_id: '{reserved}' marks ports that are reserved for DHCP servers; name another device, or none"
        raise n_exc.BadRequest(resource="port", msg=msg)
