"""Regional pod: what central Neutron keeps by a region's name, asked, renamed and forgotten by Tricircle itself."""

from typing import ClassVar

from tricircle.network.extensions import _base

# ``id`` is the region's name, as it is after a renaming. The others are numbers of rows: of ports that live there, of
# addresses that its gateways and DHCP servers have, of ports of its parts of routers, of changes that are no jobs yet.
ATTRIBUTES = {
    "regional_pods": {
        "id": _base.field(post=False, primary_key=True),
        "nonce": _base.nonce(put=True),
        "region_name": _base.field(post=False, put=True, validate={"type:not_empty_string": 255}),
        "port_locations": _base.field(post=False),
        "regional_addresses": _base.field(post=False),
        "router_ports": _base.field(post=False),
        "changes": _base.field(post=False),
    }
}


class Regional_pod(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``GET``, ``PUT`` and ``DELETE /v2.0/regional-pods/{region name}``, ``GET /v2.0/regional-pods``."""

    NAME: ClassVar[str] = "Regional pods"
    ALIAS: ClassVar[str] = "tricircle-regional-pod"
    DESCRIPTION: ClassVar[str] = "What central Neutron keeps by a region's name"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.LIST, _base.SHOW, _base.UPDATE, _base.DELETE})
