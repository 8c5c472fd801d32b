"""Who may use a region's copy of central's: exactly those who may use it at central, by the same RBAC entries."""

from typing import Any

from neutron_lib.db import api as db_api

from tricircle.domain.jsons import Json
from tricircle.network import copied_models


def follow(admin: Any, resource_type: str, resource: Json) -> None:
    """Make the RBAC entries of a copy those of its regional view (``rbac_policies``), ids included.

    Past Neutron's check whether somebody uses an entry that goes: central has made it, for every region. What is
    Tricircle's own has no entries.
    """
    entry_class = copied_models.get(resource_type).rbac
    wanted = {entry["id"]: entry for entry in resource.get("rbac_policies", ())}
    with db_api.CONTEXT_WRITER.using(admin):
        known = {entry.id: entry for entry in entry_class.get_objects(admin, object_id=resource["id"])}
        for id_, entry in known.items():
            if id_ not in wanted or wanted[id_]["target_project"] != entry.target_project:
                entry.delete()
        for id_, desired in wanted.items():
            if id_ not in known or known[id_].target_project != desired["target_project"]:
                entry_class(
                    admin,
                    id=id_,
                    project_id=desired["project_id"],
                    object_id=resource["id"],
                    action=desired["action"],
                    target_project=desired["target_project"],
                ).create()
