"""Gateway and DHCP addresses that central Neutron gives to each region of a subnet."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from neutron_lib import constants, exceptions
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import utils as plugin_utils
from oslo_concurrency import lockutils

from tricircle.db.neutron import addresses
from tricircle.db.neutron.models import RegionalAddress
from tricircle.network.owners import DEVICE_OWNER_GATEWAY

LOG = logging.getLogger(__name__)

Subnet = dict[str, Any]


class RegionalAddresses:
    """Reserves, once for each region and subnet, what the region's own agents need.

    Idempotent, and safe against itself.
    """

    # Owners of ports that go with their subnet.
    OWNERS = frozenset({DEVICE_OWNER_GATEWAY, constants.DEVICE_OWNER_DHCP})

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        registry.subscribe(self._keep, resources.PORT, events.BEFORE_DELETE)
        registry.subscribe(self._keep_unchanged, resources.PORT, events.BEFORE_UPDATE)

    def _keep(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """A tenant sees the port that reserves a gateway on its subnet, and cannot delete it: a region routes by it."""
        port = payload.metadata.get("port") or {}
        if payload.metadata.get("port_check") and port.get("device_owner") == DEVICE_OWNER_GATEWAY:
            reason = f"it reserves a region's gateway address ({port['name']})"
            raise exceptions.ServicePortInUse(port_id=payload.resource_id, reason=reason)

    def _keep_unchanged(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """Nor change it: by another owner or address it would reserve nothing."""
        port = payload.states[0]
        trusted = payload.context.is_admin or payload.context.is_service_role
        if not trusted and port["device_owner"] == DEVICE_OWNER_GATEWAY:
            raise exceptions.PortInUse(port_id=port["id"], net_id=port["network_id"], device_id=port["device_id"])

    def gateways(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> dict[str, str | None]:
        """The region's gateway address by subnet id, reserving what it has not got.

        None where the subnet has no gateway; what was reserved before it lost its own is given back.

        The first region gets the subnet's own ``gateway_ip``, so that a subnet used in one region looks there as at
        central.
        """
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return {
            subnet["id"]: self._gateway(context, region_name, subnet, known.get((subnet["id"], addresses.GATEWAY)))
            for subnet in subnets
        }

    def _gateway(self, context: Any, region_name: str, subnet: Subnet, row: RegionalAddress | None) -> str | None:
        if not subnet["gateway_ip"]:
            if row is not None:
                self._release(context, [row])
            return None
        if row is None:
            return self._reserve_gateway(context, region_name, subnet)
        if row.port_id or row.ip_address == subnet["gateway_ip"]:
            return row.ip_address
        # The first region's gateway is the subnet's own, which has changed.
        if addresses.move(context, row, subnet["gateway_ip"]):
            return str(subnet["gateway_ip"])
        # Another region has it already: that one is the first now.
        addresses.release(context, [row])
        return self._reserve_gateway(context, region_name, subnet)

    def _release(self, context: Any, rows: Sequence[RegionalAddress]) -> None:
        addresses.release(context, rows)
        for port_id in {row.port_id for row in rows if row.port_id}:
            self._plugin.delete_port(context, port_id, l3_port_check=False)

    def _reserve_gateway(self, context: Any, region_name: str, subnet: Subnet) -> str:
        if addresses.reserve(
            context, region_name, subnet["id"], purpose=addresses.GATEWAY, ip_address=subnet["gateway_ip"]
        ):
            return str(subnet["gateway_ip"])
        port = self._create_port(
            context,
            subnet,
            name=f"interface_{region_name}_{subnet['id']}",
            device_owner=DEVICE_OWNER_GATEWAY,
            subnet_ids=[subnet["id"]],
        )
        # Neutron adds an address of each subnet with SLAAC on the network.
        address = next(str(ip["ip_address"]) for ip in port["fixed_ips"] if ip["subnet_id"] == subnet["id"])
        if addresses.reserve(
            context, region_name, subnet["id"], purpose=addresses.GATEWAY, ip_address=address, port_id=port["id"]
        ):
            return address
        # Another request of this region was faster: its reservation stands.
        self._plugin.delete_port(context, port["id"], l3_port_check=False)
        rows = addresses.of_region(context, region_name, [subnet["id"]])
        return str(rows[subnet["id"], addresses.GATEWAY].ip_address)

    def renew_gateways(self, context: Any, subnet_ids: Sequence[str]) -> None:
        """Reserve the regions' gateway addresses by new ports: a router has left the present ones.

        The regions delete their copies of these, which their agents take as final: of a port of the same id that the
        next router makes there, they would know nothing (see ``neutron.agent.resource_cache``).
        """
        for port_id in addresses.gateway_ports(context, subnet_ids=subnet_ids):
            for port in self._plugin.get_ports(context, filters={"id": [port_id]}):
                successor = self._create_port(
                    context, port, name=port["name"], device_owner=DEVICE_OWNER_GATEWAY, subnet_ids=[]
                )
                handed_over = addresses.hand_over(context, port_id, successor["id"])
                left = port_id if handed_over else successor["id"]
                self._plugin.delete_port(context, left, l3_port_check=False)

    def dhcp_ports(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> list[dict[str, Any]]:
        """The ports that the region's DHCP servers take, one for each network with DHCP, as port dictionaries.

        ``subnets``: all of the networks concerned. What is reserved on those without DHCP is given back.
        """
        self._release_dhcp(context, region_name, subnets)
        wanted = [subnet for subnet in subnets if subnet["enable_dhcp"]]
        port_ids, missing = self._known_dhcp(context, region_name, wanted)
        for network_id in sorted({subnet["network_id"] for subnet in missing}):
            # Many instances that boot at once ask at once: without turns each would make a port, and all but one give
            # it back, in each other's way. Turns are this process's alone; between processes the reservation decides.
            with lockutils.lock(f"tricircle-dhcp-{region_name}-{network_id}"):
                ours = [subnet for subnet in wanted if subnet["network_id"] == network_id]
                known_ids, still_missing = self._known_dhcp(context, region_name, ours)
                port_ids |= known_ids
                if still_missing:
                    port_ids |= self._reserve_dhcp(context, region_name, still_missing, sorted(port_ids))
        return list(self._plugin.get_ports(context, filters={"id": sorted(port_ids)})) if port_ids else []

    def _release_dhcp(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> None:
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        without = {subnet["id"] for subnet in subnets if not subnet["enable_dhcp"]}
        rows = [row for (id_, purpose), row in known.items() if purpose == addresses.DHCP and id_ in without]
        serving = _dhcp_port_ids({key: row for key, row in known.items() if key[0] not in without})
        self._release(context, [row for row in rows if row.port_id not in serving])
        for port in self._plugin.get_ports(context, filters={"id": [row.port_id for row in rows]}) if rows else ():
            fixed_ips = [fixed for fixed in port["fixed_ips"] if fixed["subnet_id"] not in without]
            self._plugin.update_port(context, port["id"], {"port": {"fixed_ips": fixed_ips}})
            addresses.release(context, [row for row in rows if row.port_id == port["id"]])

    @staticmethod
    def _known_dhcp(context: Any, region_name: str, subnets: Sequence[Subnet]) -> tuple[set[str], list[Subnet]]:
        """Ids of the region's DHCP ports on the subnets, and the subnets on which it has none."""
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return _dhcp_port_ids(known), [subnet for subnet in subnets if (subnet["id"], addresses.DHCP) not in known]

    def _reserve_dhcp(
        self, context: Any, region_name: str, subnets: Sequence[Subnet], existing: Iterable[str]
    ) -> set[str]:
        network_id = subnets[0]["network_id"]
        for port in self._plugin.get_ports(context, filters={"id": list(existing), "network_id": [network_id]}):
            # The network got a further subnet: its DHCP server gets an address there.
            fixed_ips = [*port["fixed_ips"], *({"subnet_id": subnet["id"]} for subnet in subnets)]
            extended = self._plugin.update_port(context, port["id"], {"port": {"fixed_ips": fixed_ips}})
            return self._record_dhcp(context, region_name, subnets, extended)
        port = self._create_port(
            context,
            subnets[0],
            name=f"dhcp_port_{region_name}_{subnets[0]['id']}",
            device_owner=constants.DEVICE_OWNER_DHCP,
            subnet_ids=[subnet["id"] for subnet in subnets],
            device_id=f"dhcp_{region_name}",
        )
        recorded = self._record_dhcp(context, region_name, subnets, port)
        if port["id"] not in recorded:
            self._plugin.delete_port(context, port["id"], l3_port_check=False)
        return recorded

    def _record_dhcp(self, context: Any, region_name: str, subnets: Sequence[Subnet], port: dict[str, Any]) -> set[str]:
        ips = {fixed["subnet_id"]: fixed["ip_address"] for fixed in port["fixed_ips"]}
        for subnet in subnets:
            addresses.reserve(
                context,
                region_name,
                subnet["id"],
                purpose=addresses.DHCP,
                ip_address=ips[subnet["id"]],
                port_id=port["id"],
            )
        rows = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return _dhcp_port_ids(rows)

    def release_gateways(self, context: Any, subnet_ids: Sequence[str]) -> None:
        """Give back what is reserved as gateways, before the subnets are deleted: these ports are no use of them."""
        for port_id in addresses.gateway_ports(context, subnet_ids=subnet_ids):
            self._plugin.delete_port(context, port_id, l3_port_check=False)

    def _create_port(
        self, context: Any, near: Subnet, *, name: str, device_owner: str, subnet_ids: list[str], device_id: str = ""
    ) -> dict[str, Any]:
        body = {
            "network_id": near["network_id"],
            # Nobody's, as Neutron does with ports of its own: the tenant's quota is for the tenant's ports.
            "project_id": "",
            "tenant_id": "",
            "name": name,
            "device_id": device_id or name,
            "device_owner": device_owner,
            "admin_state_up": True,
            "fixed_ips": [{"subnet_id": subnet_id} for subnet_id in subnet_ids],
        }
        port: dict[str, Any] = plugin_utils.create_port(self._plugin, context, {"port": body})
        return port


def _dhcp_port_ids(rows: dict[tuple[str, str], RegionalAddress]) -> set[str]:
    return {row.port_id for (_, purpose), row in rows.items() if purpose == addresses.DHCP and row.port_id}
