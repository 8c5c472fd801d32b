"""Regional release: what a region that is being drained gives up, asked and told by the job that drains it."""

from typing import Any, ClassVar

from tricircle.network.extensions import _base


def _ids() -> dict[str, Any]:
    return _base.field(default=[], validate={"type:uuid_list": None})


# With nothing but a region sent, answered is what nobody there uses, and central makes no more use of:
# ``networks`` ({"id", "port_ids"}, the ports of which the region may have copies that live nowhere there),
# ``security_group_ids`` and ``address_group_ids``; and ``in_use`` ({"network_id", "ports"}, how many there are in use).
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
        "kept_security_group_ids": _ids(),
        "kept_address_group_ids": _ids(),
        "draining": _base.field(post=False),
        "networks": _base.field(post=False),
        "security_group_ids": _base.field(post=False),
        "address_group_ids": _base.field(post=False),
        "in_use": _base.field(post=False),
    }
}


class Regional_release(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-releases``."""

    NAME: ClassVar[str] = "Regional release"
    ALIAS: ClassVar[str] = "tricircle-regional-release"
    DESCRIPTION: ClassVar[str] = "What a region that is being drained gives up"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
