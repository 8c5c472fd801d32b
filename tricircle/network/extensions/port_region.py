"""Port region: in which region a port lives. Set by the region that has central make it, shown to administrators."""

from typing import ClassVar

from neutron_lib import constants

from tricircle.network.extensions import _base

REGION_NAME = "tricircle:region_name"

ATTRIBUTES = {
    "ports": {
        REGION_NAME: {
            "allow_post": True,
            "allow_put": False,
            "default": constants.ATTR_NOT_SPECIFIED,
            "validate": {"type:string": 255},
            "enforce_policy": True,
            "is_visible": True,
        }
    }
}


class Port_region(_base.DeclaredExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """Attribute ``tricircle:region_name`` of ports."""

    NAME: ClassVar[str] = "Region of a port"
    ALIAS: ClassVar[str] = "tricircle-port-region"
    DESCRIPTION: ClassVar[str] = "The region in which a port lives"
    ATTRIBUTES = ATTRIBUTES
