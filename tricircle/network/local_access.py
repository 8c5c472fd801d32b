"""Who may use a region's copy of a network: exactly those who may use it at central, by the same RBAC entries."""

from typing import Any

from neutron.objects.network import NetworkRBAC
from neutron_lib.db import api as db_api

Json = dict[str, Any]


def follow(admin: Any, network: Json) -> None:
    """Make the RBAC entries of a network those of its regional view (``rbac_policies``), ids included.

    Past Neutron's check whether somebody uses an entry that goes: central has made it, for every region.
    """
    wanted = {entry["id"]: entry for entry in network["rbac_policies"]}
    with db_api.CONTEXT_WRITER.using(admin):
        known = {entry.id: entry for entry in NetworkRBAC.get_objects(admin, object_id=network["id"])}
        for id_, entry in known.items():
            if id_ not in wanted or wanted[id_]["target_project"] != entry.target_project:
                entry.delete()
        for id_, wish in wanted.items():
            if id_ not in known or known[id_].target_project != wish["target_project"]:
                NetworkRBAC(
                    admin,
                    id=id_,
                    project_id=wish["project_id"],
                    object_id=network["id"],
                    action=wish["action"],
                    target_project=wish["target_project"],
                ).create()
