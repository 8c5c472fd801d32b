"""Regional audit: a region lists its copies, and central Neutron has repaired what differs."""

from typing import ClassVar

from tricircle.network.extensions import _base

COPY = {
    "id": {"type:uuid": None, "required": True},
    "resource_type": {"type:string": 32, "required": True},
    "revision": {"type:integer": None, "required": True},
}

# ``copies``: all of the region's with ids greater than ``after`` and up to ``until`` (empty: the last).
# ``incarnation`` is the life of the region's database, and ``number`` that of the audit in this life. Answered
# ``restored``: the number has been seen before, so the database is from a backup, and nothing was compared.
# ``capabilities``: names of what this region can do and others perhaps not, with the first page of each audit; None, as
# with the others, says nothing. Central keeps every name, also one that it does not know yet.
# ``revision``: central's revision number of what was last written into the copy, -1 where that is not known.
ATTRIBUTES = {
    "regional_audits": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "region_name": _base.field(required=True, validate={"type:not_empty_string": 255}),
        "incarnation": _base.field(default="", validate={"type:string": 36}),
        "number": _base.field(default=0, validate={"type:non_negative": None}),
        "after": _base.field(default="", validate={"type:string": 36}),
        "until": _base.field(default="", validate={"type:string": 36}),
        "copies": _base.field(default=[], validate={"type:list_of_dict_or_nodata": {"key_specs": COPY}}),
        "capabilities": _base.field(validate={"type:list_of_regex_or_none": r"^[a-z0-9][a-z0-9:_-]{0,63}$"}),
        "differing_ids": _base.field(post=False),
        "unknown_ids": _base.field(post=False),
        "restored": _base.field(post=False),
    }
}


class Regional_audit(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-audits``."""

    NAME: ClassVar[str] = "Regional audit"
    ALIAS: ClassVar[str] = "tricircle-regional-audit"
    DESCRIPTION: ClassVar[str] = "A region's copies, compared with central Neutron's objects"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
