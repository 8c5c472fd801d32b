"""Regional report: a region tells central Neutron where its ports are, whether they are up, and which are gone."""

from typing import ClassVar

from tricircle.domain.endpoints import ENCAPSULATIONS
from tricircle.network.extensions import _base

PORT = {
    "id": {"type:uuid": None, "required": True},
    "revision": {"type:non_negative": None, "required": True},
    "status": {"type:string": 16, "required": True},
    "host": {"type:string": 255, "required": True},
    "vif_type": {"type:string": 64, "required": True},
    "vif_details": {"type:dict_or_none": None, "required": False},
    "vnic_type": {"type:string": 64, "required": False},
    "device_id": {"type:string": 255, "required": True},
    "device_owner": {"type:string": 255, "required": True},
    "vtep": {"type:ip_address_or_none": None, "required": False},
    # As in ``remote_endpoint``.
    "encapsulation": {"type:values": ENCAPSULATIONS, "required": False},
    "tunnel_key": {"type:non_negative": None, "required": False},
}

FLOATING_IP = {
    "id": {"type:uuid": None, "required": True},
    "status": {"type:string": 16, "required": True},
}

# ``incarnation``: the life of the region's database in which the revisions are. Answered: of the ports those that
# central does not know, those that it keeps though the region has deleted them, and what it cannot write or delete
# ({"id", "reason"}), which the region may try again.
ATTRIBUTES = {
    "regional_reports": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "region_name": _base.field(required=True, validate={"type:not_empty_string": 255}),
        "ports": _base.field(default=[], validate={"type:list_of_dict_or_nodata": {"key_specs": PORT}}),
        "incarnation": _base.field(default="", validate={"type:string": 36}),
        "floating_ips": _base.field(default=[], validate={"type:list_of_dict_or_nodata": {"key_specs": FLOATING_IP}}),
        "deleted_port_ids": _base.field(default=[], validate={"type:uuid_list": None}),
        "unknown_port_ids": _base.field(post=False),
        "kept_port_ids": _base.field(post=False),
        "refused": _base.field(post=False),
    }
}


class Regional_report(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-reports``."""

    NAME: ClassVar[str] = "Regional report"
    ALIAS: ClassVar[str] = "tricircle-regional-report"
    DESCRIPTION: ClassVar[str] = "Binding and status of a region's ports, told to central Neutron in batches"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
