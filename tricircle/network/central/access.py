"""RBAC entries of what regions have copies of: what a region must know to let the same projects use them."""

from collections.abc import Collection
from typing import Any

from neutron.objects.address_group import AddressGroup, AddressGroupRBAC
from neutron.objects.network import NetworkRBAC
from neutron.objects.securitygroup import SecurityGroup, SecurityGroupRBAC
from neutron_lib.db import api as db_api

from tricircle.domain.changes import Change
from tricircle.domain.jobs import NO_PROJECT, JobType
from tricircle.domain.routings import ResourceType
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central.outbox import Outbox

Json = dict[str, Any]

# Entries by the type of what they share. Of anything else (subnet pools, address scopes) a region has nothing.
ENTRIES: dict[ResourceType, Any] = {
    ResourceType.NETWORK: NetworkRBAC,
    ResourceType.SECURITY_GROUP: SecurityGroupRBAC,
    ResourceType.ADDRESS_GROUP: AddressGroupRBAC,
}
# Groups are brought up to date together with the others of their project.
GROUPS: dict[ResourceType, Any] = {ResourceType.SECURITY_GROUP: SecurityGroup, ResourceType.ADDRESS_GROUP: AddressGroup}


class AccessChanges(RealPlugin):
    """ML2's writes of RBAC entries, each recorded for the regions in its own transaction.

    Neutron has no notification inside that.
    """

    _outbox: Outbox

    @db_api.retry_if_session_inactive()
    def create_rbac_policy(self, context: Any, rbac_policy: Json) -> Json:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = super().create_rbac_policy(context, rbac_policy)
            changes = self._record(context, policy)
        self._outbox.deliver(context, changes)
        return policy

    @db_api.retry_if_session_inactive()
    def update_rbac_policy(self, context: Any, id: str, rbac_policy: Json) -> Json:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = super().update_rbac_policy(context, id, rbac_policy)
            changes = self._record(context, policy)
        self._outbox.deliver(context, changes)
        return policy

    @db_api.retry_if_session_inactive()
    def delete_rbac_policy(self, context: Any, id: str) -> None:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = self.get_rbac_policy(context, id)
            super().delete_rbac_policy(context, id)
            changes = self._record(context, policy)
        self._outbox.deliver(context, changes)

    def _record(self, context: Any, policy: Json) -> list[int]:
        if policy["object_type"] not in ENTRIES:
            return []
        change = _change(context, ResourceType(policy["object_type"]), policy["object_id"], policy["project_id"])
        return [self._outbox.record(context, change)]


def _change(context: Any, kind: ResourceType, id_: str, project_id: str) -> Change:
    """``project_id``: of the entry."""
    if kind is ResourceType.NETWORK:
        return Change(JobType.UPDATE_NETWORK, kind, id_, "network_id", id_, project_id=project_id)
    project_id = GROUPS[kind].get_object(context.elevated(), id=id_).project_id or ""
    return Change(JobType.SEG_RULE_SETUP, kind, id_, "project_id", project_id or NO_PROJECT, project_id=project_id)


def entries(admin: Any, kind: ResourceType, object_ids: Collection[str]) -> dict[str, list[Json]]:
    """Entries by the id of what they share, with one query: ``id``, ``project_id``, ``action``, ``target_project``."""
    found: dict[str, list[Json]] = {object_id: [] for object_id in object_ids}
    if not found:
        return found
    for entry in ENTRIES[kind].get_objects(admin, object_id=sorted(found)):
        fields = ("id", "project_id", "action", "target_project")
        found[entry.object_id].append({name: entry[name] for name in fields})
    return found
