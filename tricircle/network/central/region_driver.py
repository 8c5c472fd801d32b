"""The ``tricircle_region`` extension driver: the region of a port, from the moment when central makes it.

A region that asks for a port's identity names itself. Central writes that down in the transaction that makes the port:
whatever happens to the port afterwards, its region hears of it, even before its first report.
"""

from typing import Any

from neutron_lib.api import validators
from neutron_lib.plugins.ml2 import api

from tricircle.db.neutron.models import LOCATION, UNREPORTED, PortLocation, read_locations_with_ports
from tricircle.domain.jsons import Json
from tricircle.network.extensions.port_region import REGION_NAME, Port_region


class RegionExtensionDriver(api.ExtensionDriver):
    """Loaded by the central plugin itself, beside the operator's drivers."""

    def initialize(self) -> None:
        """Have locations read with the ports that are shown."""
        read_locations_with_ports()

    @property
    def extension_alias(self) -> str:
        """The extension whose attribute this is."""
        return Port_region.ALIAS

    def process_create_port(self, context: Any, data: Json, result: Json) -> None:
        """Write down the region that asks."""
        region_name = data.get(REGION_NAME)
        if validators.is_attr_set(region_name) and region_name:
            location = PortLocation(port_id=result["id"], region_name=region_name, host="", revision=UNREPORTED)
            context.session.add(location)
            result[REGION_NAME] = region_name

    def extend_port_dict(self, session: Any, db_data: Any, result: Json) -> None:
        """Show it."""
        location = getattr(db_data, LOCATION, None)
        result.setdefault(REGION_NAME, location.region_name if location is not None else "")
