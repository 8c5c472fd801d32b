"""Regional view: everything that a region needs to have an object, in one request to central Neutron."""

from typing import Any, ClassVar

from tricircle.domain import copied_kinds
from tricircle.network.extensions import _base

UUIDS = {"type:uuid_list": None}
# Groups by the filters of a list, but for those that the region knows.
LIKE = {
    "type:dict_or_empty": {
        "project_id": {"type:list_of_unique_strings": None},
        "name": {"type:list_of_unique_strings": None},
        "known_ids": UUIDS,
    }
}

# Sent: what the region lacks, of each declared kind by id (``network_ids``). Answered: what of it the caller may see
# and the region may have, and all that it takes beside. ``quotas``: by project id what ``GET /quotas/{id}`` answers, of
# the caller's own project alone.
# Of what is asked for by id, ``deleted`` ({"id", "resource_type"}) is deleted at central, and ``refused``
# ({"id", "reason"}) not for the region; what is in none of these central does not know, or not yet.
# Jobs ask for ``port_state_ids`` (answered in ``port_states``: the ports alone, wherever they live) and
# ``endpoint_network_ids`` (``endpoint_tables``: {"network_id", "endpoints"} of networks that are there). Both these
# tables and address groups of members are with a ``domain.versions.Part``. With ``versions`` ({id: version}: what the
# region has said that it has), {} at least, they are differences where the region is known to have one.
ATTRIBUTES = {
    "regional_views": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "changes": _base.changes(),
        "region_name": _base.field(required=True, validate={"type:not_empty_string": 255}),
        "security_groups_like": _base.field(default={}, validate=LIKE),
        "project_ids": _base.field(default=[], validate={"type:list_of_unique_strings": None}),
        "quota_project_ids": _base.field(default=[], validate={"type:list_of_unique_strings": None}),
        "port_state_ids": _base.field(default=[], validate=UUIDS),
        "endpoint_network_ids": _base.field(default=[], validate=UUIDS),
        "versions": _base.versions(),
        "quotas": _base.field(post=False),
        "refused": _base.field(post=False),
        "deleted": _base.field(post=False),
        "port_states": _base.field(post=False),
        "endpoint_tables": _base.field(post=False),
    }
}


def question(region_name: str, **asked: Any) -> dict[str, Any]:
    """A question as a plugin gets it: what is not asked for is empty, as in a request that leaves it out."""
    return _base.filled(Regional_view.attributes()["regional_views"], region_name=region_name, **asked)


class Regional_view(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/regional-views``."""

    NAME: ClassVar[str] = "Regional view"
    ALIAS: ClassVar[str] = "tricircle-regional-view"
    DESCRIPTION: ClassVar[str] = "What a region needs of central Neutron to have networks, ports and security groups"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
    BULK: ClassVar[bool] = True

    @classmethod
    def attributes(cls) -> dict[str, dict[str, Any]]:
        """Of each kind some are asked for by id, and answered."""
        kinds = [kind for kind in copied_kinds.all_kinds() if kind.in_views]
        asked = {f"{kind.type}_ids": _base.field(default=[], validate=UUIDS) for kind in kinds}
        answered = {kind.plural: _base.field(post=False) for kind in kinds}
        return {name: {**fields, **asked, **answered} for name, fields in cls.ATTRIBUTES.items()}
