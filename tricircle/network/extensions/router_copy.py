"""A region's part of a central router, brought to what central says in one request."""

from typing import ClassVar

from neutron_lib.plugins import constants

from tricircle.network.extensions import _base

# ``id`` is the part's own. ``router`` has the shape of ``tricircle.domain.routers.to_json``; null: there shall be none.
# ``view``, only sent: what a regional view says of the networks that the region lacks for it, or null.
ATTRIBUTES = {
    "router_copies": {
        "id": _base.field(post=False, primary_key=True),
        "nonce": _base.nonce(put=True),
        "router": _base.field(post=False, put=True, validate={"type:dict_or_none": None}),
        "view": _base.field(post=False, put=True, validate={"type:dict_or_none": None}),
    }
}


class Router_copy(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``GET`` and ``PUT /v2.0/router-copies/{id}``."""

    NAME: ClassVar[str] = "Router copies"
    ALIAS: ClassVar[str] = "tricircle-router-copy"
    DESCRIPTION: ClassVar[str] = "A region's part of a central router: interfaces, routes, gateway and floating IPs"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.SHOW, _base.UPDATE})
    SERVICE = constants.L3
