"""Port region: in which region a port lives. Set by the region that has central make it, shown to administrators."""

from typing import Any

from neutron_lib import constants
from neutron_lib.api import extensions as api_extensions

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


class Port_region(api_extensions.ExtensionDescriptor):  # noqa: N801 - Neutron derives the class name from the file name
    """Attribute ``tricircle:region_name`` of ports."""

    ALIAS = "tricircle-port-region"

    @classmethod
    def get_name(cls) -> str:
        """Name in the list of extensions."""
        return "Region of a port"

    @classmethod
    def get_alias(cls) -> str:
        """Alias that a plugin names as supported."""
        return cls.ALIAS

    @classmethod
    def get_description(cls) -> str:
        """One sentence."""
        return "The region in which a port lives"

    @classmethod
    def get_updated(cls) -> str:
        """When it was last changed."""
        return "2026-11-01T00:00:00-00:00"

    def get_extended_resources(self, version: str) -> dict[str, Any]:
        """The attribute, in API version 2.0."""
        return ATTRIBUTES if version == "2.0" else {}
