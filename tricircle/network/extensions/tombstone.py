"""Tombstones: what was deleted at central Neutron, or is said by an administrator to be deleted, and when."""

from typing import ClassVar

from tricircle.network.extensions import _base

# ``resource_type``: a kind of which regions have copies. A router that only a region has is told by the id of its part
# there. ``deleted_at`` is UTC, as ``2026-11-28T16:24:00Z``; ``project_id`` is empty where nobody knows it any more.
ATTRIBUTES = {
    "tombstones": {
        "id": _base.field(required=True, is_filter=True, primary_key=True, validate={"type:uuid": None}),
        "resource_type": _base.field(required=True, is_filter=True, validate={"type:string": 32}),
        # Neutron fills in the caller's, which says nothing: the object was its own project's.
        "project_id": _base.field(default="", validate={"type:string": 255}),
        "deleted_at": _base.field(post=False),
    }
}


class Tombstone(_base.InternalExtension):
    """``GET`` and ``POST /v2.0/tombstones``, ``GET /v2.0/tombstones/{id}``."""

    NAME: ClassVar[str] = "Tombstones"
    ALIAS: ClassVar[str] = "tricircle-tombstone"
    DESCRIPTION: ClassVar[str] = "What was deleted at central Neutron, and when"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.LIST, _base.SHOW, _base.CREATE})
