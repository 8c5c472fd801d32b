"""Address groups at central: regions whose rules name one follow its changes."""

import contextlib
from collections.abc import Iterator
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.db.neutron import members, tombstones
from tricircle.domain.changes import Change
from tricircle.domain.jobs import NO_PROJECT, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.routings import ResourceType
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central import group_events
from tricircle.network.central.outbox import Outbox


class AddressGroups(RealPlugin):
    """The plugin's changes of address groups, recorded.

    Neutron commits such a change bit by bit, and has no event inside. So it is recorded before and after: before for
    the case of a crash in the midst of it, after for the case that the sweep was faster than the change; and it is
    delivered when all is done.
    """

    _outbox: Outbox

    def update_address_group(self, context: Any, id: str, address_group: Json) -> Json:
        """As ML2."""
        with self._told(context, id):
            return super().update_address_group(context, id, address_group)

    def add_addresses(self, context: Any, address_group_id: str, addresses: Json) -> Json:
        """As ML2."""
        with self._told(context, address_group_id):
            return super().add_addresses(context, address_group_id, addresses)

    def remove_addresses(self, context: Any, address_group_id: str, addresses: Json) -> Json:
        """As ML2."""
        with self._told(context, address_group_id):
            return super().remove_addresses(context, address_group_id, addresses)

    def delete_address_group(self, context: Any, id: str) -> None:
        """As ML2, which refuses while a rule names the group."""
        gone = Change(
            job_type=JobType.SEG_RULE_SETUP,
            subject_type=ResourceType.ADDRESS_GROUP,
            subject_id=id,
            field="project_id",
            resource_id=(project_id := self.get_address_group(context, id)["project_id"] or "") or NO_PROJECT,
            project_id=project_id,
        )
        with self._told(context, id, gone), db_api.CONTEXT_WRITER.using(context):
            super().delete_address_group(context, id)
            tombstones.record(context, ResourceType.ADDRESS_GROUP, id, project_id)

    @contextlib.contextmanager
    def _told(self, context: Any, address_group_id: str, *more: Change) -> Iterator[None]:
        pending = [
            *more,
            *group_events.changes(members.naming_address_group(context, address_group_id), except_region=None),
        ]
        with self._outbox.together(context):
            self._write(context, pending)
            yield
            self._write(context, pending)

    def _write(self, context: Any, pending: list[Change]) -> None:
        if not pending:
            return
        with db_api.CONTEXT_WRITER.using(context):
            for change in pending:
                self._outbox.record(context, change)
