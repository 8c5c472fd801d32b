"""What the extensions have in common."""

from typing import Any, ClassVar

from neutron.api.v2 import resource_helper
from neutron_lib.api import attributes, validators
from neutron_lib.api import extensions as api_extensions


class DeclaredExtension(api_extensions.ExtensionDescriptor):
    """Attributes, declared by class attributes."""

    NAME: ClassVar[str]
    ALIAS: ClassVar[str]
    DESCRIPTION: ClassVar[str]
    ATTRIBUTES: ClassVar[dict[str, dict[str, Any]]]

    @classmethod
    def get_name(cls) -> str:
        """Name in the list of extensions."""
        return cls.NAME

    @classmethod
    def get_alias(cls) -> str:
        """Alias that a plugin names as supported."""
        return cls.ALIAS

    @classmethod
    def get_description(cls) -> str:
        """One sentence."""
        return cls.DESCRIPTION

    @classmethod
    def get_updated(cls) -> str:
        """When it was last changed."""
        return "2026-11-01T00:00:00-00:00"

    def get_extended_resources(self, version: str) -> dict[str, Any]:
        """The attribute map, of API version 2.0."""
        return self.ATTRIBUTES if version == "2.0" else {}


class InternalExtension(DeclaredExtension):
    """One collection of our own."""

    # The type of the service plugin whose collection it is; None: the core plugin.
    SERVICE: ClassVar[str | None] = None
    BULK: ClassVar[bool] = False  # whether one request may create several

    @classmethod
    def get_resources(cls) -> list[Any]:
        """The controllers."""
        plurals = resource_helper.build_plural_mappings({}, cls.ATTRIBUTES)
        return resource_helper.build_resource_info(
            plurals, cls.ATTRIBUTES, cls.SERVICE, translate_name=True, allow_bulk=cls.BULK
        )


def field(*, default: Any = None, post: bool = True, put: bool = False, **more: Any) -> dict[str, Any]:
    """An attribute that is answered, and may be sent where said."""
    attribute: dict[str, Any] = {"allow_post": post, "allow_put": put, "is_visible": True, **more}
    if post and "required" not in more:
        attribute["default"] = default
    attribute.pop("required", None)
    return attribute


def filled(collection: dict[str, Any], **sent: Any) -> dict[str, Any]:
    """A body as a plugin gets it, with the defaults of a collection's attributes for what was not sent."""
    body = dict(sent)
    attributes.AttributeInfo(collection).fill_post_defaults(body)
    return body


def nonce(*, put: bool = False) -> dict[str, Any]:
    """Answered as it was sent: see ``tricircle.regions.questions``."""
    return field(default="", post=not put, put=put, validate={"type:string": 64})


def changes() -> dict[str, Any]:
    """Numbers of changes at central that the answer must be as of."""
    return field(default=[], validate={"type:tricircle_numbers": None})


def _check_numbers(data: Any, _valid_values: Any = None) -> str | None:
    if isinstance(data, list) and all(isinstance(number, int) and number >= 0 for number in data):
        return None
    return f"'{data}' is not a list of numbers"


if "type:tricircle_numbers" not in validators.validators:
    validators.add_validator("tricircle_numbers", _check_numbers)
