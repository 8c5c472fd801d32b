"""Desired copy: how a region should have objects of central's; asked by audits, and nothing is recorded or reserved."""

from typing import ClassVar

from tricircle.network.extensions import _base

# Sent: a region, a type and ids. Answered: ``objects``, those that central has: {"id", "project_id", "content" (in
# Neutron's shape as a regional view has it, a part of a router in that of ``tricircle.domain.routers.to_json``, or
# null: the region should not have it)}; and ``deleted``, those that are deleted: {"id", "project_id"}. What is in
# neither central does not know.
ATTRIBUTES = {
    "desired_copies": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "region_name": _base.field(required=True, validate={"type:not_empty_string": 255}),
        "resource_type": _base.field(required=True, validate={"type:not_empty_string": 64}),
        "ids": _base.field(default=[], validate={"type:uuid_list": None}),
        "objects": _base.field(post=False),
        "deleted": _base.field(post=False),
    }
}


class Desired_copy(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/desired-copies``."""

    NAME: ClassVar[str] = "Desired copy"
    ALIAS: ClassVar[str] = "tricircle-desired-copy"
    DESCRIPTION: ClassVar[str] = "How a region should have central's objects"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
