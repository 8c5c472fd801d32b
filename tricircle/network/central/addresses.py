"""Gateway and DHCP addresses that central Neutron gives to each region of a subnet."""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neutron_lib import constants, exceptions
from neutron_lib.api.definitions import external_net
from neutron_lib.callbacks import events, registry, resources
from oslo_concurrency import lockutils

from tricircle.db.neutron import addresses
from tricircle.db.neutron.device_owners import DEVICE_OWNER_GATEWAY
from tricircle.db.neutron.models import RegionalAddress
from tricircle.domain.addresses import has_room_for_dhcp
from tricircle.domain.jsons import Json
from tricircle.network.call_info import Write
from tricircle.network.central.reservations import Reservations

LOG = logging.getLogger(__name__)

Subnet = dict[str, Any]
# The subnet's pools have no address left.
_EXHAUSTED = exceptions.IpAddressGenerationFailure


class RegionalAddresses:
    """Reserves, once for each region and subnet, what the region's own agents need.

    Idempotent, and safe against itself.
    """

    # Owners of ports that go with their subnet.
    OWNERS = frozenset({DEVICE_OWNER_GATEWAY, constants.DEVICE_OWNER_DHCP})

    def __init__(self, plugin: Any, reservations: Reservations) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._reservations = reservations
        registry.subscribe(self._keep, resources.PORT, events.BEFORE_DELETE)

    def _keep(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """Whoever sees the port that reserves a gateway cannot delete it by mistake: a region routes by it."""
        port = payload.metadata.get("port") or {}
        if payload.metadata.get("port_check") and port.get("device_owner") == DEVICE_OWNER_GATEWAY:
            reason = f"it reserves a region's gateway address ({port['name']})"
            raise exceptions.ServicePortInUse(port_id=payload.resource_id, reason=reason)

    def gateways(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> dict[str, str | None]:
        """The region's gateway address by subnet id, reserving what it has not got.

        None where the subnet has no gateway, and where it has no address left for one: the region then has the subnet
        without a gateway of its own. What was reserved before the subnet lost its gateway is given back.

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

    def known_gateways(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> dict[str, str | None]:
        """What ``gateways`` would answer, as far as it is reserved: nothing is reserved, moved or given back."""
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return {subnet["id"]: _standing(subnet, known.get((subnet["id"], addresses.GATEWAY))) for subnet in subnets}

    def served(self, context: Any, region_name: str, subnets: Sequence[Subnet]) -> set[str]:
        """Ids of the subnets on which an address is reserved for the region's DHCP server."""
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return {id_ for id_, purpose in known if purpose == addresses.DHCP}

    def _release(self, context: Any, rows: Sequence[RegionalAddress]) -> None:
        """The rows go with their ports."""
        for port_id in sorted({row.port_id for row in rows if row.port_id}):
            self._plugin.delete_port(context, port_id, l3_port_check=False)
        addresses.release(context, rows)

    def _reserve_gateway(self, context: Any, region_name: str, subnet: Subnet) -> str | None:
        if addresses.reserve(context, region_name, subnet["id"], addresses.GATEWAY, subnet["gateway_ip"]):
            return str(subnet["gateway_ip"])
        body = {
            "network_id": subnet["network_id"],
            "name": f"interface_{region_name}_{subnet['id']}",
            "device_owner": DEVICE_OWNER_GATEWAY,
            "fixed_ips": [{"subnet_id": subnet["id"]}],
        }
        try:
            self._reservations.create(context, body, _rows(region_name, [subnet], addresses.GATEWAY))
        except _EXHAUSTED:
            LOG.warning("Subnet %s has no address for a gateway of region %s", subnet["id"], region_name)
        # Whichever request was the one that made it.
        row = addresses.of_region(context, region_name, [subnet["id"]]).get((subnet["id"], addresses.GATEWAY))
        return str(row.ip_address) if row is not None else None

    def renew_gateways(self, context: Any, subnet_ids: Sequence[str]) -> None:
        """Reserve the regions' gateway addresses by new ports: a router has left the present ones.

        The regions delete their copies of these, which their agents take as final: of a port of the same id that the
        next router makes there, they would know nothing (see ``neutron.agent.resource_cache``).
        """
        for port_id in addresses.gateway_ports(context, subnet_ids=subnet_ids):
            for port in self._plugin.get_ports(context, filters={"id": [port_id]}):
                body = {name: port[name] for name in ("network_id", "name", "device_owner")} | {"fixed_ips": []}
                self._reservations.create(context, body, _handed_over(port_id))
                if port_id not in addresses.regions_of_ports(context, [port_id]):
                    self._plugin.delete_port(context, port_id, l3_port_check=False)

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
        """Ids of the ports that the region's DHCP server has on the network of the subnets."""
        network_id, write = subnets[0]["network_id"], _rows(region_name, subnets, addresses.DHCP)
        try:
            for port in self._plugin.get_ports(context, filters={"id": list(existing), "network_id": [network_id]}):
                # The network got a further subnet: its DHCP server gets an address there.
                fixed_ips = [*port["fixed_ips"], *({"subnet_id": subnet["id"]} for subnet in subnets)]
                self._reservations.update(context, port["id"], {"fixed_ips": fixed_ips}, write)
                return {port["id"]}
            self._reservations.create(context, _dhcp_body(region_name, subnets), write)
        except _EXHAUSTED:
            ids = ", ".join(sorted(subnet["id"] for subnet in subnets))
            LOG.warning("Subnets %s have no address for a DHCP server of region %s", ids, region_name)
        return _dhcp_port_ids(addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets]))

    def lacking(self, context: Any, region_name: str, subnet_ids: Collection[str]) -> dict[str, str]:
        """Of the subnets, those that should have a gateway or DHCP server of the region, and have none.

        By id, with their project ids. Outside, gateways are nobody's of ours.
        """
        subnets = self._plugin.get_subnets(context, filters={"id": sorted(subnet_ids)}) if subnet_ids else []
        filters = {"id": sorted({subnet["network_id"] for subnet in subnets}), external_net.EXTERNAL: [True]}
        outside = {one["id"] for one in self._plugin.get_networks(context, filters=filters)} if subnets else set()
        known = addresses.of_region(context, region_name, [subnet["id"] for subnet in subnets])
        return {
            subnet["id"]: subnet["project_id"] or ""
            for subnet in subnets
            for purpose, wanted in (
                (addresses.GATEWAY, subnet["gateway_ip"] and subnet["network_id"] not in outside),
                (addresses.DHCP, _is_served(subnet)),
            )
            if wanted and (subnet["id"], purpose) not in known
        }


def _standing(subnet: Subnet, row: RegionalAddress | None) -> str | None:
    """The gateway of a region that has ``row``. That of the first region moves with the subnet's own."""
    if row is None or not subnet["gateway_ip"]:
        return None
    return str(row.ip_address if row.port_id else subnet["gateway_ip"])


def _is_served(subnet: Subnet) -> bool:
    return bool(subnet["enable_dhcp"] and has_room_for_dhcp(subnet["cidr"]))


def _rows(region_name: str, subnets: Sequence[Subnet], purpose: str) -> Write:
    """Writes that a port reserves its addresses on the subnets for a region."""

    def write(context: Any, port: Json) -> bool:
        # Neutron adds an address of each subnet with SLAAC on the network.
        ips = {fixed["subnet_id"]: str(fixed["ip_address"]) for fixed in port["fixed_ips"]}
        return all(
            addresses.add(context, region_name, subnet["id"], purpose, ip_address=ips[subnet["id"]], port_id=port["id"])
            for subnet in subnets
        )

    return write


def _handed_over(port_id: str) -> Write:
    """Writes that a new port has the gateway address that another one reserves."""
    return lambda context, successor: addresses.hand_over(context, port_id, successor["id"])


def _dhcp_body(region_name: str, subnets: Sequence[Subnet]) -> Json:
    return {
        "network_id": subnets[0]["network_id"],
        "name": f"dhcp_port_{region_name}_{subnets[0]['id']}",
        "device_owner": constants.DEVICE_OWNER_DHCP,
        "device_id": f"dhcp_{region_name}",
        "fixed_ips": [{"subnet_id": subnet["id"]} for subnet in subnets],
    }


def _dhcp_port_ids(rows: dict[tuple[str, str], RegionalAddress]) -> set[str]:
    return {row.port_id for (_, purpose), row in rows.items() if purpose == addresses.DHCP and row.port_id}
