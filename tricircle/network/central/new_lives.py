"""What central forgets, and brings back, when a region's database is another one than it was.

Of a database that was made anew nothing is there that was; of one that was brought back from a backup, what was there
then. Neither takes anything of tenants' away: central keeps its objects, and gives the region again what it asks for.
"""

import logging
from collections.abc import Collection
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.db.neutron import locations, members, ports
from tricircle.db.neutron.models import UNREPORTED
from tricircle.domain import copied_kinds
from tricircle.domain.incarnations import Incarnation
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import AuditPage
from tricircle.network.central import group_events
from tricircle.network.central.outbox import Outbox
from tricircle.network.central.records import Records
from tricircle.network.central.reports import endpoints_changed

LOG = logging.getLogger(__name__)


class NewLives:
    """Works along the first audit of an incarnation, which lists what the region has."""

    def __init__(self, records: Records, outbox: Outbox) -> None:
        """Nothing is read yet."""
        self._records = records
        self._outbox = outbox

    def forget_what_was(
        self, admin: Any, pod: Pod, life: Incarnation, page: AuditPage, listed: Collection[str]
    ) -> None:
        """Of the ids of this page of the audit, believe no more what the region does not list, or has not told anew."""
        # A region's part of a router is known by a routing that says how it is called.
        kinds = [kind.type for kind in copied_kinds.all_kinds() if kind.in_views]
        absent = self._records.absent(pod, kinds, listed, after=page["after"], until=page["until"])
        if absent:
            LOG.warning("Region %s has no more of what it had: %s", pod.region_name, ", ".join(sorted(absent)))
        for kind, ids in absent.items():
            self._records.forget(kind, ids, pod.pod_id)
        self._forget_places(admin, pod, life, page, listed)

    @db_api.retry_if_session_inactive(context_var_name="admin")
    def _forget_places(self, admin: Any, pod: Pod, life: Incarnation, page: AuditPage, listed: Collection[str]) -> None:
        """A port that the region has, and nothing runs with, may be told of by any revision. One that it has not, lives
        nowhere: other regions must not look for it there.
        """
        with db_api.CONTEXT_WRITER.using(admin):
            rows = locations.of_other_lives(
                admin, pod.region_name, life.incarnation, after=page["after"], until=page["until"]
            )
            for port_id in rows.keys() & set(listed):
                rows[port_id].revision, rows[port_id].incarnation = UNREPORTED, life.incarnation
            gone = sorted(rows.keys() - set(listed))
            if gone:
                forget_places(admin, self._outbox, gone)

    def bring_routers(self, admin: Any, pod: Pod) -> None:
        """Have the routers seen to of which the region had a part, and those of the networks that it has."""
        routers = dict(self._records.present(pod, ResourceType.ROUTER))
        routers |= ports.routers_on(admin, [id_ for id_, _ in self._records.present(pod, ResourceType.NETWORK)])
        self._records.enqueue(
            JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": id_}, project_id)
            for id_, project_id in sorted(routers.items())
        )


def forget_places(admin: Any, outbox: Outbox, port_ids: Collection[str]) -> None:
    """The ports live nowhere any more: they are down and unbound here, and the regions learn it.

    Inside the caller's transaction.
    """
    groups = members.naming_groups(admin, members.groups_of_ports(admin, port_ids))
    networks = locations.forget(admin, port_ids)
    ports.unbind(admin, port_ids)
    told = [endpoints_changed(id_, project_id, None) for id_, project_id in sorted(networks.items())]
    for one in (*told, *group_events.changes(groups, None)):
        outbox.record(admin, one)
