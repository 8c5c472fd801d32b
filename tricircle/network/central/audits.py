"""Audits at central: a region's list of copies against central's own database, without a question to the region."""

import logging
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api
from neutron_lib.db import standard_attr

from tricircle.db.neutron import locations
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.network.central.records import Records
from tricircle.reconcile import audits
from tricircle.reconcile.audits import SeenCopy, Wish

LOG = logging.getLogger(__name__)

Json = dict[str, Any]

# A region makes a port within the request for it; an hour is beyond any.
ORPHAN_SECONDS = 3600

MODELS: dict[ResourceType, Any] = {
    ResourceType.NETWORK: models_v2.Network,
    ResourceType.SUBNET: models_v2.Subnet,
    ResourceType.PORT: models_v2.Port,
    ResourceType.SECURITY_GROUP: sg_models.SecurityGroup,
}


class RegionalAudits:
    """Compares, and leaves the repair to jobs: see ``reconcile.audits``."""

    def __init__(self, plugin: Any, records: Records) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records

    def apply(self, context: Any, audit: Json) -> Json:
        """Answer ``audit``, as the extension ``tricircle-regional-audit`` defines it.

        :raises UnknownRegion: no pod has that region.
        """
        pod = self._records.pod(audit["region_name"])
        copies = [
            SeenCopy(copy["id"], ResourceType(copy["resource_type"]), copy["revision"])
            for copy in audit["copies"]
            if copy["resource_type"] in set(MODELS)
        ]
        wishes: dict[str, Wish] = {}
        for kind in MODELS:
            wishes |= self._wishes(context.elevated(), kind, {c.id for c in copies if c.resource_type is kind})
        routed = self._records.projects_in(pod.pod_id, {copy.id for copy in copies} - wishes.keys())
        found = audits.findings(copies, wishes, routed, pod.pod_id)
        # A copy without routing, lost with a part of Tricircle's database, say, would not hear of changes.
        self._records.record(pod, [(c.resource_type, c.id, wishes[c.id].project_id) for c in copies if c.id in wishes])
        self._records.enqueue(found.jobs)
        self._take_back(context.elevated(), pod, audit)
        if found.differing:
            LOG.warning("Copies in %s differ, and are repaired: %s", pod.region_name, ", ".join(found.differing))
        return {**audit, "differing_ids": list(found.differing), "unknown_ids": list(found.unknown)}

    def _take_back(self, admin: Any, pod: Pod, audit: Json) -> None:
        """Delete ports for which the region asked and died before it could make them: nobody has their ids."""
        asked_for = locations.never_made(
            admin, pod.region_name, after=audit["after"], until=audit["until"], age=ORPHAN_SECONDS
        )
        orphans = sorted(asked_for - {copy["id"] for copy in audit["copies"]})
        if orphans:
            LOG.warning("Ports that %s never made are deleted: %s", pod.region_name, ", ".join(orphans))
        for port_id in orphans:
            self._plugin.delete_port(admin, port_id, l3_port_check=False)

    @staticmethod
    def _wishes(context: Any, kind: ResourceType, ids: Collection[str]) -> dict[str, Wish]:
        if not ids:
            return {}
        model, attribute = MODELS[kind], standard_attr.StandardAttribute
        query = (
            sa.select(model.id, attribute.revision_number, model.project_id)
            .join(attribute, attribute.id == model.standard_attr_id)
            .where(model.id.in_(ids))
        )
        with db_api.CONTEXT_READER.using(context):
            return {row.id: Wish(row.revision_number, row.project_id or "") for row in context.session.execute(query)}
