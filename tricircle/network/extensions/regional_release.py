"""Regional release: what a region that is being drained gives up, asked and told by the job that drains it."""

from typing import Any, ClassVar

from tricircle.domain import copied_kinds
from tricircle.network.extensions import _base


def _ids() -> dict[str, Any]:
    return _base.field(default=[], validate={"type:uuid_list": None})


# With nothing but a region sent, answered is what nobody there uses, and central makes no more use of:
# ``networks`` ({"id", "port_ids"}, the ports of which the region may have copies that live nowhere there),
# ids of each kind that is given up by itself (``security_group_ids``); and ``in_use`` ({"network_id", "ports"}, how
# many there are in use).
# ``draining``: false if the region is not drained any more; then there is nothing of the sort.
# Else sent is what has become of it: what the region has ``released``, what it has ``kept`` as it is in use there, so
# that central makes use of it again, and networks that ``waiting`` parts of routers are on.
ATTRIBUTES = {
    "regional_releases": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "region_name": _base.field(required=True, validate={"type:not_empty_string": 255}),
        "released_network_ids": _ids(),
        "kept_network_ids": _ids(),
        "waiting_network_ids": _ids(),
        "draining": _base.field(post=False),
        "networks": _base.field(post=False),
        "in_use": _base.field(post=False),
    }
}


def released_alone() -> list[copied_kinds.CopiedKind]:
    """Kinds that are no part of a network, and that nobody may use any more."""
    return [kind for kind in copied_kinds.all_kinds() if kind.released_alone]


class Regional_release(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-releases``."""

    NAME: ClassVar[str] = "Regional release"
    ALIAS: ClassVar[str] = "tricircle-regional-release"
    DESCRIPTION: ClassVar[str] = "What a region that is being drained gives up"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})

    @classmethod
    def attributes(cls) -> dict[str, dict[str, Any]]:
        """Beside networks, with which subnets and ports go, all kinds that are given up by themselves."""
        kinds = released_alone()
        kept = {f"kept_{kind.type}_ids": _ids() for kind in kinds}
        unused = {f"{kind.type}_ids": _base.field(post=False) for kind in kinds}
        return {name: {**fields, **kept, **unused} for name, fields in cls.ATTRIBUTES.items()}
