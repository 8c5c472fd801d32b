"""Copies of a project's security groups in a region, brought to what central says in one request."""

from typing import ClassVar

from tricircle.network.extensions import _base

DICTS = {"type:list_of_dict_or_nodata": {"key_specs": None}}

# ``id`` is the project's. Groups and address groups have the shape of a regional view's. ``other_versions`` ({"id",
# "version"}) are answered of address groups of which the region has another version than what came is against. Where
# there is one, nothing may have been done: all is to be sent again, for these versions.
ATTRIBUTES = {
    "security_group_copies": {
        "id": _base.field(post=False, primary_key=True),
        "nonce": _base.nonce(put=True),
        "security_groups": _base.field(post=False, put=True, validate=DICTS),
        "address_groups": _base.field(post=False, put=True, validate=DICTS),
        "other_versions": _base.field(post=False),
        "deleted_ids": _base.field(post=False, put=True, validate={"type:uuid_list": None}),
    }
}


class Security_group_copy(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``PUT /v2.0/security-group-copies/{project_id}``."""

    NAME: ClassVar[str] = "Security group copies"
    ALIAS: ClassVar[str] = "tricircle-security-group-copy"
    DESCRIPTION: ClassVar[str] = "A project's security groups in a region, rule for rule as central has them"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.SHOW, _base.UPDATE})
