"""Changes of security groups and of their members at central: jobs for the projects whose groups regions have."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db.models import securitygroup as sg_models
from neutron_lib.callbacks import events, registry, resources

from tricircle.db.neutron import departures, locations, members, tombstones
from tricircle.domain.changes import Change
from tricircle.domain.jobs import NO_PROJECT, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network.central.outbox import Outbox


def changes(groups: Iterable[tuple[str, str | None]], except_region: str | None) -> list[Change]:
    """What to record for groups (id, project id) that regions must bring up to date, all but ``except_region``."""
    return [
        Change(
            job_type=JobType.SEG_RULE_SETUP,
            subject_type=ResourceType.SECURITY_GROUP,
            subject_id=group_id,
            field="project_id",
            resource_id=project_id or NO_PROJECT,
            project_id=project_id or "",
            except_region=except_region,
        )
        for group_id, project_id in groups
    ]


class GroupEvents:
    """Subscribes to Neutron's own notifications; nothing else in Neutron says that a rule or a member came or went."""

    def __init__(self, outbox: Outbox) -> None:
        """``outbox`` takes the changes."""
        self._outbox = outbox
        for resource, record, names in (
            (resources.SECURITY_GROUP_RULE, self._rule, ("CREATE", "DELETE")),
            (resources.SECURITY_GROUP, self._group, ("UPDATE", "DELETE")),
            (resources.PORT, self._port, ("UPDATE", "DELETE")),
        ):
            for name in names:
                registry.subscribe(record, resource, getattr(events, f"PRECOMMIT_{name}"))

    def _rule(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group_id = payload.metadata.get("security_group_id") or payload.latest_state["security_group_id"]
        group = sg_models.SecurityGroup
        query = sa.select(group.project_id).where(group.id == group_id)
        self._record(payload.context, [(group_id, payload.context.session.scalar(query))])

    def _group(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        group = payload.states[0]
        concerned = {(group["id"], group["project_id"] or "")}
        if event == events.PRECOMMIT_DELETE:
            # Rules that name the group go with it, other projects' too, and nothing else says so.
            concerned |= set(members.naming_groups(payload.context, [group["id"]]))
            tombstones.record(payload.context, ResourceType.SECURITY_GROUP, group["id"], group["project_id"])
        self._record(payload.context, sorted(concerned))

    def _port(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """A port that lives in a region: rules of the other regions follow its groups and addresses."""
        before = payload.states[0]
        after = payload.desired_state if event == events.PRECOMMIT_UPDATE else None
        group_ids = changed_groups(before, after)
        if not group_ids:
            return
        location = locations.of_port(payload.context, before["id"])
        if location is not None:
            locations.touch(payload.context, port_ids=[before["id"]])
            gone = [(group_id, address) for group_id in group_ids for address in _addresses(before)]
            departures.note(payload.context, gone)
            self._record(payload.context, members.naming_groups(payload.context, group_ids), location.region_name)

    def _record(self, context: Any, groups: Iterable[tuple[str, str]], except_region: str | None = None) -> None:
        for change in changes(groups, except_region):
            self._outbox.record(context, change)


def changed_groups(before: Json, after: Json | None) -> Collection[str]:
    """The security groups whose members change when a port becomes ``after`` (None: is deleted)."""
    had = set(before.get("security_groups") or ())
    if after is None:
        return had
    has = set(after.get("security_groups") or ())
    return had ^ has if _addresses(before) == _addresses(after) else had | has


def _addresses(port: Json) -> set[str]:
    pairs = port.get("allowed_address_pairs") or ()
    return {address["ip_address"] for address in (*port["fixed_ips"], *pairs)}
