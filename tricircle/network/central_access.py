"""RBAC entries of networks: what a region must know to let the same projects use its copies."""

from collections.abc import Collection
from typing import Any

from neutron.objects.network import NetworkRBAC
from neutron_lib.db import api as db_api

from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central_outbox import Outbox

Json = dict[str, Any]


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
        self._outbox.deliver(changes)
        return policy

    @db_api.retry_if_session_inactive()
    def update_rbac_policy(self, context: Any, id: str, rbac_policy: Json) -> Json:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = super().update_rbac_policy(context, id, rbac_policy)
            changes = self._record(context, policy)
        self._outbox.deliver(changes)
        return policy

    @db_api.retry_if_session_inactive()
    def delete_rbac_policy(self, context: Any, id: str) -> None:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = self.get_rbac_policy(context, id)
            super().delete_rbac_policy(context, id)
            changes = self._record(context, policy)
        self._outbox.deliver(changes)

    def _record(self, context: Any, policy: Json) -> list[int]:
        if policy["object_type"] != "network":
            return []
        id_ = policy["object_id"]
        change = Change(
            JobType.UPDATE_NETWORK, ResourceType.NETWORK, id_, "network_id", id_, project_id=policy["project_id"]
        )
        return [self._outbox.record(context, change)]


def of_networks(admin: Any, network_ids: Collection[str]) -> dict[str, list[Json]]:
    """Entries by network id, with one query: ``id``, ``project_id``, ``action``, ``target_project``."""
    found: dict[str, list[Json]] = {network_id: [] for network_id in network_ids}
    if not found:
        return found
    for entry in NetworkRBAC.get_objects(admin, object_id=sorted(found)):
        fields = ("id", "project_id", "action", "target_project")
        found[entry.object_id].append({name: entry[name] for name in fields})
    return found
