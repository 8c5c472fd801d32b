"""Changes of security groups at central: a job for the project whose groups regions have."""

from typing import Any

from neutron_lib.callbacks import events, registry, resources

from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType
from tricircle.network.central_records import Records


class GroupEvents:
    """Subscribes to Neutron's own notifications; nothing else in Neutron says that a rule came or went."""

    def __init__(self, plugin: Any, records: Records) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        registry.subscribe(self._rule_created, resources.SECURITY_GROUP_RULE, events.AFTER_CREATE)
        registry.subscribe(self._rule_deleted, resources.SECURITY_GROUP_RULE, events.AFTER_DELETE)
        registry.subscribe(self._group_changed, resources.SECURITY_GROUP, events.AFTER_UPDATE)
        registry.subscribe(self._group_changed, resources.SECURITY_GROUP, events.AFTER_DELETE)

    def _rule_created(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        rule = payload.latest_state
        self._enqueue(rule["security_group_id"], rule["project_id"])

    def _rule_deleted(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group_id = payload.metadata["security_group_id"]
        for group in self._plugin.get_security_groups(
            payload.context.elevated(), filters={"id": [group_id]}, fields=["id", "project_id"], default_sg=True
        ):
            self._enqueue(group["id"], group["project_id"])

    def _group_changed(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group = payload.latest_state
        self._enqueue(group["id"], group["project_id"])

    def _enqueue(self, group_id: str, project_id: str) -> None:
        if self._records.pods_with(ResourceType.SECURITY_GROUP, [group_id]):
            self._records.enqueue(
                [JobRequest(type=JobType.SEG_RULE_SETUP, resource={"project_id": project_id}, project_id=project_id)]
            )
