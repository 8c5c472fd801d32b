"""Regional router: what of a central router a region must have, asked by the jobs that see to it."""

from typing import ClassVar

from neutron_lib.plugins import constants

from tricircle.domain import routers
from tricircle.network.extensions import _base

# Sent: a router, and a region or none. Answered: the regions concerned; of the region asked for, its part. A router
# that is neither there nor known to be deleted is not found (404).
# ``settled``: the region has carried out the part that it was last told, and that part was without a bridge, or none at
# all; central may give back what such a part does not need, if it is not needed again.
ATTRIBUTES = {
    "regional_routers": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "changes": _base.changes(),
        "router_id": _base.field(required=True, validate={"type:uuid": None}),
        "region_name": _base.field(default="", validate={"type:string": 255}),
        "settled": _base.field(default="", validate={"type:values": ["", routers.UNBRIDGED, routers.REMOVED]}),
        "regions": _base.field(post=False),
        "part": _base.field(post=False),
    }
}


class Regional_router(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-routers``."""

    NAME: ClassVar[str] = "Regional router"
    ALIAS: ClassVar[str] = "tricircle-regional-router"
    DESCRIPTION: ClassVar[str] = "The part of a router that a region must have"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
    SERVICE = constants.L3
