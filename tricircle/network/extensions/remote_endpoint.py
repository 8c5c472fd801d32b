"""Remote endpoints of a network: asked of central Neutron for a region, set in the region's Neutron."""

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

VERSION = {"type:string": _base.VERSION_LENGTH}

# ``id`` is the network's. Set with a ``domain.versions.Part``, they are answered by the version that the region has
# then: another than that of the part if it had another than the part is against. Set without one, they are all.
ATTRIBUTES = {
    "remote_endpoints": {
        "id": _base.field(post=False, is_filter=True, primary_key=True),
        "region_name": _base.field(post=False, is_filter=True),
        "nonce": _base.nonce(put=True),
        "endpoints": _base.field(
            post=False, put=True, validate={"type:list_of_dict_or_nodata": {"key_specs": ENDPOINT}}
        ),
        "base": _base.field(post=False, put=True, validate=VERSION),
        "version": _base.field(post=False, put=True, validate=VERSION),
        "digest": _base.field(post=False, put=True, validate=VERSION),
        "names": _base.field(post=False, put=True, validate={"type:list_of_unique_strings": None}),
    }
}


class Remote_endpoint(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``GET`` and ``PUT /v2.0/remote-endpoints/{network_id}``."""

    NAME: ClassVar[str] = "Remote endpoints"
    ALIAS: ClassVar[str] = "tricircle-remote-endpoint"
    DESCRIPTION: ClassVar[str] = "Ports of a network that live in other regions, and the VTEPs behind which they sit"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.LIST, _base.SHOW, _base.UPDATE})
