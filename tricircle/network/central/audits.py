"""Audits at central: a region's list of copies against central's own database, without a question to the region."""

import datetime
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from neutron_lib.db import standard_attr

from tricircle.db import pod_jobs
from tricircle.db.neutron import capabilities, locations, tombstones
from tricircle.domain import copied_kinds
from tricircle.domain.incarnations import Incarnation
from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import LEAVING_NETWORK, ResourceType
from tricircle.domain.wire import AuditAnswer, AuditPage
from tricircle.network import copied_models
from tricircle.network.central import freshness, presence
from tricircle.network.central.addresses import RegionalAddresses
from tricircle.network.central.findings import FindingStore
from tricircle.network.central.new_lives import NewLives
from tricircle.network.central.records import Records
from tricircle.network.central.speakers import pod_of
from tricircle.plans import audits, group_members
from tricircle.plans.audits import Desired, ObservedCopy

LOG = logging.getLogger(__name__)

# A region makes a port within the request for it; an hour is beyond any.
ORPHAN_SECONDS = 3600
# What two databases' clocks may differ by.
_SKEW = datetime.timedelta(minutes=5)


class RegionalAudits:
    """Compares, and leaves the repair to jobs: see ``plans.audits``."""

    def __init__(
        self,
        plugin: Any,
        records: Records,
        addresses: RegionalAddresses,
        new_lives: NewLives,
        findings: FindingStore,
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._findings = findings
        self._addresses = addresses
        self._plugin = plugin
        self._records = records
        self._new_lives = new_lives

    def apply(self, context: Any, audit: AuditPage) -> Json:
        """Answer ``audit``, as the extension ``tricircle-regional-audit`` defines it.

        :raises UnknownRegion: no pod has that region.
        :raises NotItsRegion: the caller does not speak for it.
        :raises OutdatedIncarnation: the region's database has begun another life since.
        """
        pod, admin = pod_of(context, self._records.pods(), audit["region_name"]), context.elevated()
        answer: AuditAnswer = {"differing_ids": [], "unknown_ids": [], "restored": False}
        life = self._records.living(pod, audit["incarnation"]) if audit["incarnation"] else None
        if life is not None and not audit["after"] and life.is_restored(audit["number"]):
            LOG.warning("The database of region %s is brought back from a backup", pod.region_name)
            return {**audit, **answer, "restored": True}
        self._hear(admin, pod, audit)
        freshness.require(admin, ())
        copies = _copies(audit)
        found = self._compare(admin, pod, copies)
        if not audit["until"]:
            self._records.ask_again(pod)
        if life is not None:
            self._see_to_life(admin, pod, life, audit, {copy.id for copy in copies})
        answer["differing_ids"], answer["unknown_ids"] = list(found.differing), list(found.unknown)
        return {**audit, **answer}

    def _hear(self, admin: Any, pod: Pod, audit: AuditPage) -> None:
        """Keep what the region says that it can do. One of an older version says nothing."""
        told = audit.get("capabilities")
        if told is not None and capabilities.tell(
            admin, pod.pod_id, told, [one.pod_id for one in self._records.pods()]
        ):
            LOG.info("Region %s can do: %s", pod.region_name, ", ".join(sorted(told)) or "nothing in particular")

    def _compare(self, admin: Any, pod: Pod, copies: Sequence[ObservedCopy]) -> audits.Findings:
        desired = self._desired_parts(pod, copies)
        for model in copied_models.in_views():
            desired |= self._desired(admin, model.model, {c.id for c in copies if c.resource_type == model.kind.type})
        rows = tombstones.of(admin, {copy.id for copy in copies} - desired.keys())
        deleted = {id_: row.project_id for id_, row in rows.items()}
        found = audits.findings(copies, desired, deleted, pod.pod_id)
        # A copy without routing, lost with a part of Tricircle's database, say, would not hear of changes, and its job
        # would not find it.
        known = desired.keys() | deleted.keys()
        projects = {id_: there.project_id for id_, there in desired.items()} | deleted
        objects = [(copy.resource_type, copy.id, projects[copy.id]) for copy in copies if copy.id in known]
        leaving = {id_ for id_, _ in self._records.present(pod, LEAVING_NETWORK)} if pod.draining else set()
        objects = [one for one in objects if one[0] != ResourceType.ROUTER and one[1] not in leaving]
        self._records.record(pod, [one for one in objects if one[1] in deleted])  # their jobs forget them
        presence.record(self._records, admin, pod, [one for one in objects if one[1] not in deleted])
        self._records.enqueue(found.jobs)
        self._findings.store(pod, copies, found)
        self._see_to_addresses(admin, pod, [copy.id for copy in copies if copy.resource_type == ResourceType.SUBNET])
        if pod.draining and known:
            # What came to the region while it was being drained, by an answer that was under way, say.
            self._records.enqueue([pod_jobs.request(JobType.POD_DRAIN, pod.pod_id, NO_PROJECT)])
        if found.differing:
            LOG.warning("Copies in %s differ, and are repaired: %s", pod.region_name, ", ".join(found.differing))
        if found.unknown:
            LOG.warning("Copies in %s are unknown here, and stay: %s", pod.region_name, ", ".join(found.unknown))
        return found

    def _see_to_addresses(self, admin: Any, pod: Pod, subnet_ids: Collection[str]) -> None:
        """Try again to give the region a gateway and a DHCP server on subnets that had no address left for them."""
        lacking = self._addresses.lacking(admin, pod.region_name, subnet_ids)
        if lacking:
            LOG.warning("Region %s has no gateway or DHCP server of its own on: %s", pod.region_name, sorted(lacking))
        self._records.enqueue(
            JobRequest(JobType.SUBNET_UPDATE, {"pod_id": pod.pod_id, "subnet_id": subnet_id}, project_id)
            for subnet_id, project_id in sorted(lacking.items())
        )

    def _see_to_life(self, admin: Any, pod: Pod, life: Incarnation, audit: AuditPage, listed: Collection[str]) -> None:
        if life.is_new:
            self._new_lives.forget_what_was(admin, pod, life, audit, listed)
        else:
            self._take_back(admin, pod, life, audit)
        if not audit["until"]:
            if life.is_new:
                self._new_lives.bring_routers(admin, pod)
            self._records.note_audit(life.incarnation, audit["number"])

    def _take_back(self, admin: Any, pod: Pod, life: Incarnation, audit: AuditPage) -> None:
        """Delete ports for which the region asked and died before it could make them: nobody has their ids."""
        since = life.since.replace(tzinfo=None) + _SKEW
        asked_for = locations.never_made(
            admin, pod.region_name, since, after=audit["after"], until=audit["until"], age=ORPHAN_SECONDS
        )
        orphans = sorted(asked_for - {copy["id"] for copy in audit["copies"]})
        if orphans:
            LOG.warning("Ports that %s never made are deleted: %s", pod.region_name, ", ".join(orphans))
        for port_id in orphans:
            self._plugin.delete_port(admin, port_id, l3_port_check=False)

    def _desired_parts(self, pod: Pod, copies: Sequence[ObservedCopy]) -> dict[str, Desired]:
        """Parts of routers that the region shall have; their content is the routers' jobs' to see to."""
        ids = {copy.id for copy in copies if copy.resource_type == ResourceType.ROUTER}
        return {id_: Desired(0, project_id) for id_, project_id in self._records.parts_in(pod.pod_id, ids).items()}

    @staticmethod
    def _desired(context: Any, model: Any, ids: Collection[str]) -> Mapping[str, Desired]:
        if not ids:
            return {}
        attribute = standard_attr.StandardAttribute
        query = (
            sa.select(model.id, attribute.revision_number, model.project_id)
            .join(attribute, attribute.id == model.standard_attr_id)
            .where(model.id.in_(ids))
        )
        with db_api.CONTEXT_READER.using(context):
            return {
                row.id: Desired(row.revision_number, row.project_id or "") for row in context.session.execute(query)
            }


def _copies(audit: AuditPage) -> list[ObservedCopy]:
    """What is audited; the address groups of members elsewhere follow their security groups."""
    return [
        ObservedCopy(copy["id"], copy["resource_type"], copy["revision"])
        for copy in audit["copies"]
        if copied_kinds.is_declared(copy["resource_type"]) and not group_members.is_ours(copy["id"])
    ]
