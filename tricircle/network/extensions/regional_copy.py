"""Regional copy: what central says of objects that a region has, told by the jobs that keep regions equal to it."""

from typing import Any, ClassVar

from tricircle.domain import copied_kinds
from tricircle.network.extensions import _base

DICTS = {"type:list_of_dict_or_nodata": {"key_specs": None}}
UUIDS = {"type:uuid_list": None}


def _dicts() -> dict[str, Any]:
    return _base.field(default=[], validate=DICTS)


def _ids() -> dict[str, Any]:
    return _base.field(default=[], validate=UUIDS)


# Objects have the shape of a regional view's. ``deleted_…``: never to be made again. ``left_port_ids``: ports that live
# in another region. ``released_…``: to be given up with all that belongs to it, if nobody uses it here; it may come
# again. The ports are of those networks, and go with them. Answered: ``pending``, what could not be done yet
# ({"id", "reason"}), ``absent_ids``, what is not here to be changed, and ``kept_ids``, what is in use here and stays.
ATTRIBUTES = {
    "regional_copies": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "left_port_ids": _ids(),
        "pending": _base.field(post=False),
        "absent_ids": _base.field(post=False),
        "kept_ids": _base.field(post=False),
    }
}


class Regional_copy(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-copies``."""

    NAME: ClassVar[str] = "Regional copy"
    ALIAS: ClassVar[str] = "tricircle-regional-copy"
    DESCRIPTION: ClassVar[str] = "Copies of central's networks, subnets and ports, brought to what central says"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})

    @classmethod
    def attributes(cls) -> dict[str, dict[str, Any]]:
        """Of each kind there are objects, and ids of what is deleted or given up."""
        kinds = [kind for kind in copied_kinds.all_kinds() if kind.in_views]
        told = {kind.plural: _dicts() for kind in kinds}
        told |= {f"{word}_{kind.type}_ids": _ids() for word in ("deleted", "released") for kind in kinds}
        return {name: {**fields, **told} for name, fields in cls.ATTRIBUTES.items()}
