"""Networks and subnets are deleted though central has reserved addresses on them: nobody uses these."""

from typing import Any

from neutron_lib import exceptions

from tricircle.db.neutron import addresses
from tricircle.db.neutron.device_owners import DEVICE_OWNER_GATEWAY
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central.addresses import RegionalAddresses

# How often a network is tried on which a region reserves an address anew while it goes.
_ATTEMPTS = 3


class Deletes(RealPlugin):
    """ML2's, after what is reserved has been given back."""

    _addresses: RegionalAddresses

    def delete_network(self, context: Any, id: str) -> None:
        """As ML2."""
        admin = context.elevated()
        for attempt in range(_ATTEMPTS):
            reserved = self._only_reserved(admin, {"network_id": [id]})
            for port_id in reserved or ():
                self.delete_port(admin, port_id, l3_port_check=False)
            try:
                super().delete_network(context, id)
                return
            except exceptions.NetworkInUse:
                if reserved is None or attempt == _ATTEMPTS - 1:
                    raise

    def delete_subnet(self, context: Any, id: str) -> None:
        """As ML2. Neutron lets a subnet go on which ports have automatic addresses: reservations then go after it."""
        admin = context.elevated()
        reserved = addresses.reserving_ports(admin, subnet_ids=[id])
        for port_id in self._only_reserved(admin, {"fixed_ips": {"subnet_id": [id]}}) or ():
            self.delete_port(admin, port_id, l3_port_check=False)
        super().delete_subnet(context, id)
        for port_id in addresses.nobodys_ports(admin) & reserved:
            self.delete_port(admin, port_id, l3_port_check=False)

    def _only_reserved(self, admin: Any, filters: dict[str, Any]) -> list[str] | None:
        """Ids of the ports that reserve gateways, if all there are reserve something; None if somebody uses another."""
        ports = self.get_ports(admin, filters=filters, fields=["id", "device_owner"])
        if any(port["device_owner"] not in RegionalAddresses.OWNERS for port in ports):
            return None
        return [port["id"] for port in ports if port["device_owner"] == DEVICE_OWNER_GATEWAY]
