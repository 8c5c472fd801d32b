"""Regional reports.

What a region says of its ports is written into central's own database, so that nobody has to ask the region.
"""

import dataclasses
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
from oslo_serialization import jsonutils

from tricircle.db.neutron import addresses, floating_ips, locations, members, ports, router_ports
from tricircle.db.neutron.device_owners import CENTRALS_OWN
from tricircle.db.neutron.models import UNREPORTED, PortLocation
from tricircle.domain.changes import Change
from tricircle.domain.endpoints import VXLAN, TunnelEndpoint, reached_at
from tricircle.domain.jobs import JobType
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import PortState, Reason, Report, ReportAnswer
from tricircle.network import call_info
from tricircle.network.central import group_events, presence
from tricircle.network.central.interface_states import InterfaceStates
from tricircle.network.central.outbox import Outbox
from tricircle.network.central.records import Records
from tricircle.network.central.speakers import pod_of

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Reporter:
    """Who reports: a region, in one life of its database (None: it does not say in which)."""

    pod: Pod
    incarnation: str | None

    @property
    def region_name(self) -> str:
        return self.pod.region_name


@dataclasses.dataclass
class _Outcome:
    """What a report changed: ports, networks whose remote endpoints changed (id → project id).

    ``left``: what other regions that have a copy of a port must hear of, as the port lives in this one. ``refused``:
    what cannot be written, ({"id", "reason"}).
    """

    ports: list[tuple[ResourceType, str, str]] = dataclasses.field(default_factory=list)
    networks: dict[str, str] = dataclasses.field(default_factory=dict)
    left: list[Change] = dataclasses.field(default_factory=list)
    unknown: list[str] = dataclasses.field(default_factory=list)
    refused: list[Reason] = dataclasses.field(default_factory=list)
    # Ports that no region had before, ports that another region had, and ports by which routers are joined to networks.
    appeared: list[str] = dataclasses.field(default_factory=list)
    moved: list[str] = dataclasses.field(default_factory=list)
    of_routers: list[str] = dataclasses.field(default_factory=list)


class RegionalReports:
    """Applies reports. The same report twice, or an older one after a newer one, changes nothing."""

    def __init__(self, plugin: Any, records: Records, outbox: Outbox, interfaces: InterfaceStates) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._records = records
        self._outbox = outbox
        self._interfaces = interfaces

    def apply(self, context: Any, report: Report) -> Json:
        """Write down a report, as the extension ``tricircle-regional-report`` defines it.

        A region speaks for its own ports only: a port that lives in another region is left alone, and logged. What
        cannot be written is answered as refused, and stands in the way of nothing else.

        :raises UnknownRegion: no pod has that region.
        :raises NotItsRegion: the caller does not speak for it.
        :raises OutdatedIncarnation: the region's database has begun another life since.
        """
        admin = context.elevated()
        pod = pod_of(context, self._records.pods(), report["region_name"])
        if report["incarnation"]:
            self._records.living(pod, report["incarnation"])
        reporter = _Reporter(pod, report["incarnation"] or None)
        outcomes = self._write_all(admin, reporter, report["ports"])
        kept, not_deleted = self._delete(admin, pod, report["deleted_port_ids"])
        refused = [*not_deleted, *(one for outcome in outcomes for one in outcome.refused)]
        for outcome in outcomes:
            presence.record(self._records, admin, pod, outcome.ports)
            self._interfaces.refresh(admin, outcome.of_routers)
        self._records.show_refused(pod, refused, [port["id"] for port in report["ports"]])
        floating_ips.apply(admin, report["floating_ips"])
        unknown = [id_ for outcome in outcomes for id_ in outcome.unknown]
        answer: ReportAnswer = {"unknown_port_ids": unknown, "kept_port_ids": kept, "refused": refused}
        return {**report, **answer}

    def _write_all(self, context: Any, reporter: _Reporter, reported: Sequence[PortState]) -> list[_Outcome]:
        """All at once; where that cannot be, the two halves each for itself, down to the one that is at fault."""
        if not reported:
            return []
        try:
            return [self._write(context, reporter, reported)]
        except db_exc.DBConnectionError:
            raise
        except Exception as error:  # whatever it is: it must not keep back what the region says of other ports
            if len(reported) == 1:
                LOG.warning("Port %s of %s: %s", reported[0]["id"], reporter.region_name, error)
                return [_Outcome(refused=[{"id": reported[0]["id"], "reason": str(error)}])]
        half = len(reported) // 2
        return [
            *self._write_all(context, reporter, reported[:half]),
            *self._write_all(context, reporter, reported[half:]),
        ]

    @db_api.retry_if_session_inactive(context_var_name="context")
    def _write(self, context: Any, reporter: _Reporter, reported: Sequence[PortState]) -> _Outcome:
        """One transaction for the whole batch, with a constant number of reads."""
        outcome = _Outcome()
        ids = [port["id"] for port in reported]
        with db_api.CONTEXT_WRITER.using(context):
            rows = ports.rows(context, ids)
            known = locations.by_port(context, ids)
            owned = addresses.regions_of_ports(context, ids) | router_ports.regions_of_ports(context, ids)
            for state in reported:
                port, location = rows.get(state["id"]), known.get(state["id"])
                if port is None:
                    outcome.unknown.append(state["id"])
                elif _is_news(reporter, state, location, owned.get(state["id"])):
                    self._note(outcome, reporter, port, location, state)
                    changed = self._apply_state(context, reporter, state, port, location)
                    outcome.networks |= {port.network_id: port.project_id} if changed else {}
            told = [
                *_told(reporter.pod, outcome.networks),
                *outcome.left,
                *_members_told(context, reporter.pod, outcome),
            ]
            for change in told:
                self._outbox.record(context, change)
        return outcome

    @staticmethod
    def _note(
        outcome: _Outcome, reporter: _Reporter, port: Any, location: PortLocation | None, state: PortState
    ) -> None:
        """What follows from news of a port, but for its own state."""
        outcome.ports.append((ResourceType.PORT, port.id, port.project_id))
        if location is not None and location.region_name != reporter.region_name:
            outcome.moved.append(port.id)
        elif location is None or location.revision == UNREPORTED:
            outcome.appeared.append(port.id)
        if port.device_owner in CENTRALS_OWN:
            outcome.of_routers.append(port.id)
        else:
            outcome.left += _left(reporter.pod, port, location, state)

    @staticmethod
    def _apply_state(
        context: Any, reporter: _Reporter, state: PortState, port: Any, location: PortLocation | None
    ) -> bool:
        """Whether other regions must hear of it."""
        reached = reached_at(state) if state.get("vtep") else None
        before = (location.region_name, _reached(location), port.status) if location is not None else None
        port.status = state["status"]
        if port.device_owner not in CENTRALS_OWN:
            port.device_id, port.device_owner = state["device_id"], state["device_owner"]
        ports.bind(
            context,
            port.id,
            host=state["host"],
            vif_type=state["vif_type"],
            vif_details=jsonutils.dumps(state.get("vif_details") or {}),
            vnic_type=state.get("vnic_type") or portbindings.VNIC_NORMAL,
        )
        if location is None:
            location = PortLocation(port_id=port.id)
            context.session.add(location)
        location.region_name, location.host = reporter.region_name, state["host"]
        _reach(location, reached)
        location.revision, location.status = state["revision"], state["status"]
        location.incarnation = reporter.incarnation or location.incarnation
        context.session.flush()
        after = (reporter.region_name, reached, state["status"])
        was_up = before is not None and before[2] == constants.PORT_STATUS_ACTIVE
        return before != after and (was_up or state["status"] == constants.PORT_STATUS_ACTIVE)

    def _delete(self, context: Any, pod: Pod, port_ids: Collection[str]) -> tuple[list[str], list[Reason]]:
        """Ports that the region deleted.

        Answers those that stay, as they live in another region by now or are central's own, and those that central
        cannot delete ({"id", "reason"}).
        """
        if not port_ids:
            return [], []
        elsewhere, kept = self._kept(context, pod, port_ids)
        refused: list[Reason] = []
        with call_info.on(context, reported_by=pod.region_name):
            for port_id in sorted(set(port_ids) - elsewhere - kept):
                try:
                    self._plugin.delete_port(context, port_id, l3_port_check=False)
                except n_exc.NeutronException as error:
                    refused.append({"id": port_id, "reason": str(error)})
        # After the deletion: another report of the same port, which is being written, records it before that or not.
        self._records.forget(ResourceType.PORT, port_ids, pod.pod_id)
        self._forget_locations(context, kept - elsewhere)
        return sorted(elsewhere | kept), refused

    @staticmethod
    def _kept(context: Any, pod: Pod, port_ids: Collection[str]) -> tuple[set[str], set[str]]:
        """Those that are another region's, and those that are central's own."""
        with db_api.CONTEXT_READER.using(context):
            places, reserved = locations.of_ports(context, port_ids), addresses.regions_of_ports(context, port_ids)
            elsewhere = {id_ for id_, place in places.items() if place.region_name != pod.region_name}
            elsewhere |= {id_ for id_, region_name in reserved.items() if region_name != pod.region_name}
            owners = ports.owners(context, port_ids)
            return elsewhere, {id_ for id_, owner in owners.items() if owner in CENTRALS_OWN}

    def _forget_locations(self, context: Any, port_ids: Collection[str]) -> None:
        """A part of a router has lost the ports: central keeps them, other regions forget where they were."""
        if not port_ids:
            return
        with db_api.CONTEXT_WRITER.using(context):
            networks = locations.forget(context, port_ids)
            for change in _told(None, networks):
                self._outbox.record(context, change)
        self._interfaces.refresh(context, port_ids)


def _reached(location: PortLocation) -> TunnelEndpoint | None:
    return TunnelEndpoint(location.vtep, location.encapsulation, location.tunnel_key) if location.vtep else None


def _reach(location: PortLocation, endpoint: TunnelEndpoint | None) -> None:
    location.vtep = endpoint.vtep if endpoint else None
    location.encapsulation = endpoint.encapsulation if endpoint else VXLAN
    location.tunnel_key = endpoint.tunnel_key if endpoint else None


def _is_news(reporter: _Reporter, state: PortState, location: PortLocation | None, owner: str | None) -> bool:
    """Whether a state says something that is to be written.

    ``owner``: the region whose agents the port is for, as central has reserved it.
    """
    if owner is not None and owner != reporter.region_name:
        LOG.warning("Port %s is reserved for %s: report of %s ignored", state["id"], owner, reporter.region_name)
        return False
    if location is None:
        return True
    if location.region_name == reporter.region_name:
        if reporter.incarnation and location.incarnation not in (None, reporter.incarnation):
            return True  # revisions of another life are no measure
        return bool(state["revision"] > location.revision)
    if state["host"] or not location.host:
        # The port moved: an instance was booted with it in another region. Where nobody has bound it, anybody may.
        return True
    LOG.debug("Port %s lives in %s: report of %s ignored", state["id"], location.region_name, reporter.region_name)
    return False


def _members_told(context: Any, pod: Pod, outcome: _Outcome) -> list[Change]:
    """Rules of other regions must know the members that the groups of these ports got; of all, where a port moved."""
    appeared = members.groups_of_ports(context, outcome.appeared)
    moved = members.groups_of_ports(context, outcome.moved)
    return group_events.changes(
        members.naming_groups(context, appeared - moved), pod.region_name
    ) + group_events.changes(members.naming_groups(context, moved), None)


def _left(pod: Pod, port: Any, location: PortLocation | None, state: PortState) -> list[Change]:
    """Other regions have no more use for their copies of a port that begins to live in this one."""
    moved = location is not None and location.region_name != pod.region_name
    bound = state["host"] and not (location is not None and location.host)
    if not moved and not bound:
        return []
    change = Change(
        job_type=JobType.PORT_DELETE,
        subject_type=ResourceType.PORT,
        subject_id=port.id,
        field="port_id",
        resource_id=port.id,
        project_id=port.project_id,
        except_region=pod.region_name,
        in_region=location.region_name if moved and location is not None else None,
    )
    return [change]


def _told(pod: Pod | None, networks: Mapping[str, str]) -> list[Change]:
    """The other regions of these networks must know the ports."""
    return [
        endpoints_changed(id_, project_id, pod.region_name if pod else None) for id_, project_id in _by_id(networks)
    ]


def _by_id(networks: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return sorted(networks.items())


def endpoints_changed(network_id: str, project_id: str, except_region: str | None) -> Change:
    """The regions of a network, but for one, must have its remote endpoints anew."""
    return Change(
        job_type=JobType.SHADOW_PORT_SETUP,
        subject_type=ResourceType.NETWORK,
        subject_id=network_id,
        field="network_id",
        resource_id=network_id,
        project_id=project_id,
        except_region=except_region,
    )
