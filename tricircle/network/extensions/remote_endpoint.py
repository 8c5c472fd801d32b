"""Remote endpoints of a network: asked of central Neutron for a region, set in the region's Neutron as a whole."""

from typing import ClassVar

from tricircle.domain.endpoints import ENCAPSULATIONS
from tricircle.network.extensions import _base

ENDPOINT = {
    "mac_address": {"type:mac_address": None, "required": True},
    "ip_address": {"type:ip_address": None, "required": True},
    "vtep": {"type:ip_address": None, "required": True},
    # Left out where as usual: VXLAN, and no key of the port's own.
    "encapsulation": {"type:values": ENCAPSULATIONS, "required": False},
    "tunnel_key": {"type:non_negative": None, "required": False},
}

# ``id`` is the network's.
ATTRIBUTES = {
    "remote_endpoints": {
        "id": _base.field(post=False, is_filter=True, primary_key=True),
        "region_name": _base.field(post=False, is_filter=True),
        "nonce": _base.nonce(put=True),
        "endpoints": _base.field(
            post=False, put=True, validate={"type:list_of_dict_or_nodata": {"key_specs": ENDPOINT}}
        ),
    }
}


class Remote_endpoint(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``GET`` and ``PUT /v2.0/remote-endpoints/{network_id}``."""

    NAME: ClassVar[str] = "Remote endpoints"
    ALIAS: ClassVar[str] = "tricircle-remote-endpoint"
    DESCRIPTION: ClassVar[str] = "Ports of a network that live in other regions, and the VTEPs behind which they sit"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.LIST, _base.SHOW, _base.UPDATE})
