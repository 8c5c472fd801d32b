"""What the extensions have in common."""

from typing import Any, ClassVar

from neutron.api import extensions
from neutron.api.v2 import resource, resource_helper
from neutron.pecan_wsgi.controllers import utils as pecan_utils
from neutron_lib import exceptions as n_exc
from neutron_lib.api import attributes, faults, validators
from neutron_lib.api import extensions as api_extensions
from neutron_lib.plugins import constants, directory

from tricircle.network.extensions import _controllers
from tricircle.network.extensions._controllers import CREATE, DELETE, LIST, SHOW, UPDATE

__all__ = ["CREATE", "DELETE", "LIST", "SHOW", "UPDATE", "DeclaredExtension", "InternalExtension"]


VERSION_LENGTH = 64


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

    @classmethod
    def attributes(cls) -> dict[str, dict[str, Any]]:
        """The attribute map. One with attributes for each declared kind is made when it is asked for."""
        return cls.ATTRIBUTES

    def get_extended_resources(self, version: str) -> dict[str, Any]:
        """The attribute map, of API version 2.0."""
        return self.attributes() if version == "2.0" else {}


class InternalExtension(DeclaredExtension):
    """One collection of our own."""

    # The type of the service plugin whose collection it is; None: the core plugin.
    SERVICE: ClassVar[str | None] = None
    BULK: ClassVar[bool] = False  # whether one request may create several
    # What it serves (``LIST``, ``SHOW``, ``CREATE``, ``UPDATE``, ``DELETE``), where the plugin has it. All else is
    # answered by 405, and by 404 to whom the policies do not allow it.
    OPERATIONS: ClassVar[frozenset[str]]

    @classmethod
    def get_resources(cls) -> list[Any]:
        """The controllers of Neutron's extensions, which serve the collection."""
        return [cls._resource(*named) for named in cls._named()]

    @classmethod
    def _resource(cls, collection: str, name: str, attribute_map: dict[str, Any], plugin: Any) -> Any:
        controller = _controllers.Controller(
            plugin,
            collection,
            name,
            attribute_map,
            allow_bulk=cls.BULK,
            allow_pagination=True,
            allow_sorting=True,
            operations=cls.OPERATIONS,
        )
        return extensions.ResourceExtension(
            collection,
            resource.Resource(controller, faults.FAULT_MAP),
            path_prefix=getattr(plugin, "path_prefix", ""),
            attr_map=attribute_map,
        )

    @classmethod
    def get_pecan_resources(cls) -> list[Any]:
        """The controllers for what comes past them: other methods than extensions have."""
        return [
            pecan_utils.PecanResourceExtension(
                collection,
                _controllers.PecanCollection(collection, name, plugin=plugin, resource_info=attribute_map),
                plugin,
            )
            for collection, name, attribute_map, plugin in cls._named()
        ]

    @classmethod
    def _named(cls) -> list[tuple[str, str, dict[str, Any], Any]]:
        """(collection, name of one, attributes, plugin)."""
        plugin = directory.get_plugin(cls.SERVICE or constants.CORE)
        known = cls.attributes()
        names = resource_helper.build_plural_mappings({}, known)
        return [
            (collection.replace("_", "-"), names[collection], attribute_map, plugin)
            for collection, attribute_map in known.items()
        ]


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


def sent(body: dict[str, Any], name: str) -> Any:
    """What a body says of an attribute that a change must have: Neutron asks for none.

    :raises BadRequest: nothing.
    """
    if name not in body:
        raise n_exc.BadRequest(resource=name, msg="it is missing, and nothing would not mean that there is none")
    return body[name]


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


def versions() -> dict[str, Any]:
    """Versions that a region has said that it has, by id; None: it asks for what it has not got."""
    return field(default=None, validate={"type:tricircle_versions": None})


def _check_versions(data: Any, _valid_values: Any = None) -> str | None:
    if data is None or (isinstance(data, dict) and all(_is_version(version) for version in data.values())):
        return None
    return f"'{data}' is not a dictionary of versions by id"


def _is_version(data: Any) -> bool:
    return isinstance(data, str) and len(data) <= VERSION_LENGTH


if "type:tricircle_numbers" not in validators.validators:
    validators.add_validator("tricircle_numbers", _check_numbers)
    validators.add_validator("tricircle_versions", _check_versions)
