"""Changes of security groups at central: a job for the project whose groups regions have."""

from typing import Any

import sqlalchemy as sa
from neutron.db.models import securitygroup as sg_models
from neutron_lib.callbacks import events, registry, resources

from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType
from tricircle.network.central_outbox import Outbox

# Per request: the numbers of changes recorded in its transactions, and not delivered yet.
_PENDING = "tricircle_group_changes"


class GroupEvents:
    """Subscribes to Neutron's own notifications; nothing else in Neutron says that a rule came or went."""

    def __init__(self, outbox: Outbox) -> None:
        """``outbox`` takes the changes."""
        self._outbox = outbox
        for resource, record, names in (
            (resources.SECURITY_GROUP_RULE, self._rule, ("CREATE", "DELETE")),
            (resources.SECURITY_GROUP, self._group, ("UPDATE", "DELETE")),
        ):
            for name in names:
                registry.subscribe(record, resource, getattr(events, f"PRECOMMIT_{name}"))
                registry.subscribe(self._deliver, resource, getattr(events, f"AFTER_{name}"))

    def _rule(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group_id = payload.metadata.get("security_group_id") or payload.latest_state["security_group_id"]
        group = sg_models.SecurityGroup
        query = sa.select(group.project_id).where(group.id == group_id)
        self._record(payload.context, group_id, payload.context.session.scalar(query))

    def _group(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group = payload.states[0]
        self._record(payload.context, group["id"], group["project_id"])

    def _record(self, context: Any, group_id: str, project_id: str) -> None:
        change = Change(
            JobType.SEG_RULE_SETUP, ResourceType.SECURITY_GROUP, group_id, "project_id", project_id, project_id
        )
        numbers = [*getattr(context, _PENDING, ()), self._outbox.record(context, change)]
        setattr(context, _PENDING, numbers)

    def _deliver(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        numbers = getattr(payload.context, _PENDING, ())
        setattr(payload.context, _PENDING, [])
        self._outbox.deliver(numbers)
