"""Regional reports.

What a region says of its ports is written into central's own database, so that nobody has to ask the region.
"""

import dataclasses
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api
from oslo_serialization import jsonutils

from tricircle.db.neutron import locations, members
from tricircle.db.neutron.models import UNREPORTED, PortLocation
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.network.central import group_events
from tricircle.network.central.mech_driver import told_by
from tricircle.network.central.outbox import Outbox
from tricircle.network.central.records import Records
from tricircle.network.owners import CENTRALS_OWN

LOG = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclasses.dataclass
class _Outcome:
    """What a report changed: ports, networks whose remote endpoints changed (id → project id), changes recorded.

    ``moved``: what the regions that ports have left must hear of.
    """

    ports: list[tuple[ResourceType, str, str]] = dataclasses.field(default_factory=list)
    networks: dict[str, str] = dataclasses.field(default_factory=dict)
    changes: list[int] = dataclasses.field(default_factory=list)
    left: list[Change] = dataclasses.field(default_factory=list)
    unknown: list[str] = dataclasses.field(default_factory=list)
    # Ports that no region had before, and ports that another region had.
    appeared: list[str] = dataclasses.field(default_factory=list)
    moved: list[str] = dataclasses.field(default_factory=list)


class RegionalReports:
    """Applies reports. The same report twice, or an older one after a newer one, changes nothing."""

    def __init__(self, plugin: Any, records: Records, outbox: Outbox) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        self._outbox = outbox

    def apply(self, context: Any, report: Json) -> Json:
        """Write down a report, as the extension ``tricircle-regional-report`` defines it.

        Answers it with ``unknown_port_ids``.

        A region speaks for its own ports only: a port that lives in another region is left alone, and logged.

        :raises UnknownRegion: no pod has that region.
        """
        admin = context.elevated()
        pod = self._records.pod(report["region_name"])
        outcome = self._write(admin, pod, report["ports"])
        kept = self._delete(admin, pod, report["deleted_port_ids"])
        self._records.record(pod, outcome.ports)
        self._outbox.deliver(outcome.changes)
        return {**report, "unknown_port_ids": outcome.unknown, "kept_port_ids": kept}

    @db_api.retry_if_session_inactive(context_var_name="context")
    def _write(self, context: Any, pod: Pod, reported: Sequence[Json]) -> _Outcome:
        """One transaction for the whole batch, with a constant number of reads."""
        outcome = _Outcome()
        ids = [port["id"] for port in reported]
        if not ids:
            return outcome
        with db_api.CONTEXT_WRITER.using(context):
            session = context.session
            query = sa.select(models_v2.Port).where(models_v2.Port.id.in_(ids))
            ports = {row.id: row for row in session.scalars(query).unique()}
            known = locations.by_port(context, ids)
            for state in reported:
                port, location = ports.get(state["id"]), known.get(state["id"])
                if port is None:
                    outcome.unknown.append(state["id"])
                elif self._is_news(pod, state, port, location):
                    outcome.ports.append((ResourceType.PORT, port.id, port.project_id))
                    if location is not None and location.region_name != pod.region_name:
                        outcome.moved.append(port.id)
                    elif location is None or location.revision == UNREPORTED:
                        outcome.appeared.append(port.id)
                    outcome.left += _left(pod, port, location)
                    if self._apply_state(context, pod, state, port, location):
                        outcome.networks[port.network_id] = port.project_id
            told = [*_told(pod, outcome.networks), *outcome.left, *_members_told(context, pod, outcome)]
            outcome.changes = [self._outbox.record(context, change) for change in told]
        return outcome

    @staticmethod
    def _is_news(pod: Pod, state: Json, port: Any, location: PortLocation | None) -> bool:
        if location is None:
            return True
        if location.region_name == pod.region_name:
            return bool(state["revision"] > location.revision)
        if state["host"] or not location.host:
            # The port moved: an instance was booted with it in another region. Where nobody has bound it, anybody may.
            return True
        LOG.debug("Port %s lives in %s: report of %s ignored", port.id, location.region_name, pod.region_name)
        return False

    @staticmethod
    def _apply_state(context: Any, pod: Pod, state: Json, port: Any, location: PortLocation | None) -> bool:
        """Whether other regions must hear of it."""
        vtep = state.get("vtep")
        before = (location.region_name, location.vtep, port.status) if location is not None else None
        port.status = state["status"]
        if port.device_owner not in CENTRALS_OWN:
            port.device_id, port.device_owner = state["device_id"], state["device_owner"]
        context.session.execute(
            sa.update(ml2_models.PortBinding)
            .where(ml2_models.PortBinding.port_id == port.id, ml2_models.PortBinding.status == constants.ACTIVE)
            .values(
                host=state["host"],
                vif_type=state["vif_type"],
                vif_details=jsonutils.dumps(state.get("vif_details") or {}),
                vnic_type=state.get("vnic_type") or portbindings.VNIC_NORMAL,
            )
            .execution_options(synchronize_session=False)
        )
        if location is None:
            location = PortLocation(port_id=port.id)
            context.session.add(location)
        location.region_name, location.host, location.vtep = pod.region_name, state["host"], vtep
        location.revision = state["revision"]
        after = (pod.region_name, vtep, state["status"])
        was_up = before is not None and before[2] == constants.PORT_STATUS_ACTIVE
        return before != after and (was_up or state["status"] == constants.PORT_STATUS_ACTIVE)

    def _delete(self, context: Any, pod: Pod, port_ids: Iterable[str]) -> list[str]:
        """Ports that the region deleted. One that has moved to another region meanwhile stays, and is answered."""
        port_ids = list(port_ids)
        if not port_ids:
            return []
        self._records.forget(ResourceType.PORT, port_ids, pod.pod_id)
        with db_api.CONTEXT_READER.using(context):
            elsewhere = {
                port_id
                for port_id, row in locations.by_port(context, port_ids).items()
                if row.region_name != pod.region_name
            }
            query = sa.select(models_v2.Port.id).where(
                models_v2.Port.id.in_(port_ids), models_v2.Port.device_owner.in_(CENTRALS_OWN)
            )
            kept = set(context.session.scalars(query))
        with told_by(context, pod.region_name):
            for port_id in port_ids:
                if port_id not in elsewhere | kept:
                    self._plugin.delete_port(context, port_id, l3_port_check=False)
        self._forget_locations(context, kept - elsewhere)
        return sorted(elsewhere | kept)

    def _forget_locations(self, context: Any, port_ids: Collection[str]) -> None:
        """A part of a router has lost the ports: central keeps them, other regions forget where they were."""
        if not port_ids:
            return
        with db_api.CONTEXT_WRITER.using(context):
            networks = locations.forget(context, port_ids)
            numbers = [self._outbox.record(context, change) for change in _told(None, networks)]
        self._outbox.deliver(numbers)


def _members_told(context: Any, pod: Pod, outcome: _Outcome) -> list[Change]:
    """Rules of other regions must know the members that the groups of these ports got; of all, where a port moved."""
    appeared = members.groups_of_ports(context, outcome.appeared)
    moved = members.groups_of_ports(context, outcome.moved)
    return group_events.changes(
        members.naming_groups(context, appeared - moved), pod.region_name
    ) + group_events.changes(members.naming_groups(context, moved), None)


def _left(pod: Pod, port: Any, location: PortLocation | None) -> list[Change]:
    """The region in which a port lived until now has no more use for its copy."""
    if location is None or location.region_name == pod.region_name or port.device_owner in CENTRALS_OWN:
        return []
    change = Change(
        job_type=JobType.PORT_DELETE,
        subject_type=ResourceType.PORT,
        subject_id=port.id,
        field="port_id",
        resource_id=port.id,
        project_id=port.project_id,
        except_region=pod.region_name,
        in_region=location.region_name,
    )
    return [change]


def _told(pod: Pod | None, networks: dict[str, str]) -> list[Change]:
    """The other regions of these networks must know the ports."""
    return [
        Change(
            job_type=JobType.SHADOW_PORT_SETUP,
            subject_type=ResourceType.NETWORK,
            subject_id=network_id,
            field="network_id",
            resource_id=network_id,
            project_id=project_id,
            except_region=pod.region_name if pod else None,
        )
        for network_id, project_id in sorted(networks.items())
    ]
