"""The region in which a new port is to live: whoever names one speaks for it, and it is there and not being drained."""

from collections.abc import Iterable
from typing import Any

from neutron_lib import constants
from neutron_lib.api import validators

from tricircle.domain.jsons import Json
from tricircle.network import exceptions
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central import speakers
from tricircle.network.central.records import Records
from tricircle.network.extensions.port_region import REGION_NAME


class PortRegions(RealPlugin):
    """ML2's creation of ports. What is wrong with ``tricircle:region_name`` is found before any transaction begins.

    Raises UnknownRegion, NotItsRegion, and RegionDraining, but for ports of DHCP servers: instances that still run
    there need theirs.
    """

    _records: Records

    def create_port(self, context: Any, port: Json) -> Json:
        """As ML2."""
        self._check_regions(context, [port["port"]])
        return super().create_port(context, port)

    def create_port_bulk(self, context: Any, ports: Json) -> list[Json]:
        """As ML2."""
        self._check_regions(context, [item["port"] for item in ports["ports"]])
        return super().create_port_bulk(context, ports)

    def _check_regions(self, context: Any, bodies: Iterable[Json]) -> None:
        named = [(region, body) for body in bodies if (region := _region_of(body))]
        if not named:
            return
        pods = self._records.pods()
        for region, body in named:
            pod = speakers.pod_of(context, pods, region)
            if pod.draining and body.get("device_owner") != constants.DEVICE_OWNER_DHCP:
                raise exceptions.RegionDraining(region=region)


def _region_of(body: Json) -> str:
    region = body.get(REGION_NAME)
    return str(region) if validators.is_attr_set(region) else ""
