"""What central keeps for a region by its name, and how it goes: places of ports, addresses, ports of routers' parts.

Every step is a transaction of its own, or several of Neutron's, and safe to repeat after a failure in the midst of it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.db.neutron import addresses, ports, router_ports
from tricircle.db.neutron.device_owners import DEVICE_OWNER_BRIDGE
from tricircle.db.neutron.models import RegionalAddress, RouterPort
from tricircle.network.central.bridges import Bridges
from tricircle.network.central.interface_states import InterfaceStates
from tricircle.network.central.new_lives import forget_places
from tricircle.network.central.outbox import Outbox


class Remains:
    """Gives back what is no more needed of a region's."""

    def __init__(self, plugin: Any, outbox: Outbox, interfaces: InterfaceStates, bridges: Bridges) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._outbox = outbox
        self._interfaces = interfaces
        self._bridges = bridges

    def forget_places(self, admin: Any, port_ids: Collection[str]) -> None:
        """The ports live nowhere any more; tenants keep them."""
        if port_ids:
            self._forget_places(admin, port_ids)
            self._interfaces.refresh(admin, port_ids)

    @db_api.retry_if_session_inactive(context_var_name="admin")
    def _forget_places(self, admin: Any, port_ids: Collection[str]) -> None:
        with db_api.CONTEXT_WRITER.using(admin):
            forget_places(admin, self._outbox, port_ids)

    def give_back_ports(self, admin: Any, rows: Sequence[RouterPort]) -> None:
        """Of parts of routers: bridge networks without ports go; central's own interfaces stay."""
        owners = ports.owners(admin, {row.port_id for row in rows})
        for row in rows:
            if owners.get(row.port_id) == DEVICE_OWNER_BRIDGE:
                self._bridges.release(admin, row.interface_id, row.region_name)
            elif row.port_id == row.interface_id:
                router_ports.forget(admin, row.interface_id, row.region_name)
            else:
                self._delete_port(admin, row.port_id)

    def give_back_addresses(self, admin: Any, rows: Sequence[RegionalAddress]) -> None:
        """Gateways and those of DHCP servers; a subnet's own ``gateway_ip`` is free for the next region."""
        network_ids = ports.networks_of_subnets(admin, {row.subnet_id for row in rows})
        # The ports first, with which their rows go: a row without its port would leave the port for ever.
        for port_id in sorted({row.port_id for row in rows if row.port_id}):
            self._delete_port(admin, port_id)
        addresses.release(admin, rows)
        self.refresh(admin, network_ids)

    def refresh(self, admin: Any, network_ids: Collection[str]) -> None:
        """Bring the states of routers' interfaces on the networks up to date."""
        self._interfaces.refresh_networks(admin, network_ids)

    def _delete_port(self, admin: Any, port_id: str) -> None:
        self._plugin.delete_port(admin, port_id, l3_port_check=False)
