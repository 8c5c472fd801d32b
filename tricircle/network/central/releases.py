"""What a region that is being drained gives up: what nobody there uses, and what central then makes no more use of.

A network is first *leaving*: central does not count it as present any more, so that routers leave it and nothing new is
told of it; its region still has it, and refuses to give it up if somebody uses it there. Then it is present again.
"""

import dataclasses
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from neutron_lib import constants
from neutron_lib.db import api as db_api
from sqlalchemy.orm import Session

from tricircle.db import jobs as jobs_db
from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.db.neutron import addresses, ports, router_ports, uses
from tricircle.db.neutron.device_owners import CENTRALS_OWN, DEVICE_OWNER_BRIDGE
from tricircle.domain import placement, requests
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jobs import JobRequest, JobType, resource_key
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.domain.routings import LEAVING_NETWORK, NewRouting, ResourceType
from tricircle.network import call_info, copied_models
from tricircle.network.central import freshness, presence, records, speakers
from tricircle.network.central.remains import Remains
from tricircle.network.central.view_search import placed_of
from tricircle.network.extensions.regional_release import released_alone

LOG = logging.getLogger(__name__)

# Owners of ports that come and go with a network or a router's part. A gateway is use: it is a router's way out.
IDLE_OWNERS = CENTRALS_OWN - {constants.DEVICE_OWNER_ROUTER_GW} | {constants.DEVICE_OWNER_DHCP}
# Reservations of a region on the networks of one request.
_ROWS = 10000


@dataclasses.dataclass(frozen=True, slots=True)
class _There:
    """What is recorded to be in a region: networks, by id their project ids, of both sorts; ids of ports."""

    present: Mapping[str, str]
    leaving: Mapping[str, str]
    networks: frozenset[str]
    port_ids: frozenset[str]


class RegionalReleases:
    """The extension ``tricircle-regional-release``. For Tricircle's own account, whose job drains regions."""

    def __init__(
        self,
        plugin: Any,
        database: Database,
        known: records.Records,
        remains: Remains,
        default_external_region: str,
    ) -> None:
        """``plugin`` is central's core plugin."""
        self._plugin = plugin
        self._database = database
        self._records = known
        self._remains = remains
        self._default_external_region = default_external_region
        # Pods that were drained at the last sweep; None: there was none yet.
        self._drained: set[str] | None = None

    def answer(self, context: Any, question: Json) -> Json:
        """As the extension defines it.

        :raises UnknownRegion: no pod has the region.
        :raises NotItsRegion: the caller is another's account.
        """
        pods, admin = self._records.pods(), context.elevated()
        speakers.require_tricircle(context, pods)
        pod = records.pod_of(pods, question["region_name"])
        nothing: Json = {"networks": [], "in_use": [], **{f"{kind.type}_ids": [] for kind in released_alone()}}
        told = [name for name, value in question.items() if name.endswith("_ids") and value]
        if told:
            self._settle(admin, pod, question)
            return {**question, **nothing, "draining": pod.draining}
        freshness.require(admin, ())
        there = self._there(admin, pod)
        if not pod.draining:
            self._stay(admin, pod, there.leaving)
            return {**question, **nothing, "draining": False}
        return {**question, **self._look(admin, pods, pod, there), "draining": True}

    def sweep(self, admin: Any) -> None:
        """Count everything as present again in regions that are not to be drained any more.

        The job that drains one may have been taken out of the queue before it could say so.
        """
        pods, before = self._records.pods(), self._drained
        self._drained = {pod.pod_id for pod in pods if pod.draining}
        for pod in pods:
            if pod.pod_id not in self._drained and (before is None or pod.pod_id in before):
                self._stay(admin, pod, [id_ for id_, _ in self._records.present(pod, LEAVING_NETWORK)])

    # What is given up.

    def _there(self, admin: Any, pod: Pod) -> _There:
        present = dict(self._records.present(pod, ResourceType.NETWORK))
        leaving = dict(self._records.present(pod, LEAVING_NETWORK))
        port_ids = frozenset(id_ for id_, _ in self._records.present(pod, ResourceType.PORT))
        subnets = [id_ for id_, _ in self._records.present(pod, ResourceType.SUBNET)]
        found = uses.networks_with(admin, pod.region_name, port_ids, subnets)
        return _There(present, leaving, frozenset({*present, *leaving, *found}), port_ids)

    def _look(self, admin: Any, pods: Sequence[Pod], pod: Pod, there: _There) -> Json:
        used = self._uses(admin, pods, pod, there.networks)
        free = there.networks - used.keys()
        self._leave(pod, free)
        # Looked at again, now that nothing new can count on them.
        again = self._uses(admin, pods, pod, free)
        self._stay(admin, pod, {*again, *(there.leaving.keys() & used.keys())})
        free, used = free - again.keys(), used | again
        elsewhere = uses.ports_not_in(admin, pod.region_name, free, there.port_ids)
        return {
            "networks": [{"id": id_, "port_ids": elsewhere[id_]} for id_ in sorted(free)],
            "in_use": [{"network_id": id_, "ports": used[id_]} for id_ in sorted(used)],
            **self._idle(admin, pod, there, used),
        }

    def _uses(self, admin: Any, pods: Sequence[Pod], pod: Pod, network_ids: Collection[str]) -> dict[str, int]:
        """By network that is in use in the region, how many ports are."""
        region, total = pod.region_name, dict[str, int]()
        gateways = uses.unlocated_gateways(admin, network_ids)
        served = self._served(admin, pods, region, gateways)
        for found in (
            uses.ports_in(admin, region, network_ids, IDLE_OWNERS),
            uses.bridged_in(admin, region, network_ids, DEVICE_OWNER_BRIDGE),
            {id_: number for id_, number in gateways.items() if id_ in served},
        ):
            for network_id, number in found.items():
                total[network_id] = total.get(network_id, 0) + number
        return total

    def _served(self, admin: Any, pods: Sequence[Pod], region: str, network_ids: Iterable[str]) -> set[str]:
        """Those of the external networks whose gateways are the region's to serve."""
        ids = list(network_ids)
        networks = self._plugin.get_networks(admin, filters={"id": ids}) if ids else []
        places = {
            network["id"]: placement.allowed_regions(placed_of(network), pods, self._default_external_region)
            for network in networks
        }
        return {id_ for id_, allowed in places.items() if min(allowed, default=None) == region}

    def _idle(self, admin: Any, pod: Pod, there: _There, used: Collection[str]) -> Json:
        """Groups that nothing there needs; of other kinds all, for the region knows what uses them."""
        projects = {there.present[id_] for id_ in used if there.present.get(id_)}
        groups = uses.groups_in(admin, pod.region_name, there.port_ids, projects)
        needed: dict[str, set[str]]
        needed = dict(zip((ResourceType.SECURITY_GROUP, ResourceType.ADDRESS_GROUP), groups, strict=True))
        idle = {
            kind.type: {id_ for id_, _ in self._records.present(pod, kind.type)} - needed.get(kind.type, set())
            for kind in released_alone()
        }
        for kind, ids in idle.items():
            self._records.forget(kind, ids, pod.pod_id)
        return {f"{kind}_ids": sorted(ids) for kind, ids in idle.items()}

    def _leave(self, pod: Pod, network_ids: Collection[str]) -> None:
        """Count the networks as present no more, whatever is recorded of them."""

        def write(session: Session) -> None:
            present = routings_db.find(
                session, top_ids=network_ids, pod_id=pod.pod_id, resource_type=ResourceType.NETWORK
            )
            routings_db.change_type(session, present, LEAVING_NETWORK)
            strays = [NewRouting(id_, id_, pod.pod_id, "", LEAVING_NETWORK) for id_ in sorted(network_ids)]
            routings_db.ensure(session, strays)

        if network_ids:
            self._database.write(write)

    # What becomes of it.

    def _settle(self, admin: Any, pod: Pod, told: Json) -> None:
        self._released(admin, pod, told["released_network_ids"])
        self._stay(admin, pod, told["kept_network_ids"])
        self._records.enqueue(_routes(admin, told["waiting_network_ids"]))
        for kind in released_alone():
            self._keep(admin, pod, kind, told[f"kept_{kind.type}_ids"])

    def _released(self, admin: Any, pod: Pod, network_ids: Collection[str]) -> None:
        """The region has them no more: what was reserved there for it goes, and it is told nothing more of them."""
        if not network_ids:
            return
        # A view that was asked for before may have brought one there again since.
        present = self._records.pods_with(ResourceType.NETWORK, network_ids)
        gone = sorted(id_ for id_ in network_ids if pod.pod_id not in present.get(id_, ()))
        subnet_ids, port_ids = uses.parts_of(admin, gone)
        self._records.forget(ResourceType.SUBNET, subnet_ids, pod.pod_id)
        self._records.forget(ResourceType.PORT, port_ids, pod.pod_id)
        region = pod.region_name
        with call_info.on(admin, reported_by=region):
            self._remains.give_back_ports(admin, router_ports.in_region(admin, region, _ROWS, gone))
            self._remains.give_back_addresses(admin, addresses.in_region(admin, region, _ROWS, gone))
            for port_id in uses.located_on(admin, region, gone, constants.DEVICE_OWNER_DHCP):
                self._plugin.delete_port(admin, port_id, l3_port_check=False)
            self._remains.forget_places(admin, uses.located_on(admin, region, gone))
        self._forget_leaving(pod, network_ids)
        self._remains.refresh(admin, gone)

    def _forget_leaving(self, pod: Pod, network_ids: Collection[str]) -> None:
        self._database.write(
            lambda session: routings_db.remove(
                session, top_ids=network_ids, pod_id=pod.pod_id, resource_type=LEAVING_NETWORK
            )
        )

    def _stay(self, admin: Any, pod: Pod, network_ids: Collection[str]) -> None:
        """Count the networks as present again, and have the region told what it has missed, or lost, meanwhile."""
        if not network_ids:
            return
        LOG.info("Networks stay in region %s, where they are in use: %s", pod.region_name, ", ".join(network_ids))
        routes, asked_by = _routes(admin, network_ids), requests.known(admin.global_id)

        def write(session: Session) -> None:
            leaving = routings_db.find(session, top_ids=network_ids, pod_id=pod.pod_id, resource_type=LEAVING_NETWORK)
            routings_db.change_type(session, leaving, ResourceType.NETWORK)
            follow = [
                JobRequest(
                    JobType.UPDATE_NETWORK,
                    {"pod_id": pod.pod_id, "network_id": found.top_id},
                    found.project_id,
                    request_ids=asked_by,
                )
                for found in leaving
            ]
            jobs_db.enqueue(session, [*follow, *routes])

        self._database.write(write)
        self._remains.refresh(admin, network_ids)

    def _keep(self, admin: Any, pod: Pod, kind: CopiedKind, ids: Collection[str]) -> None:
        if not ids:
            return
        model = copied_models.get(kind.type).model
        with db_api.CONTEXT_READER.using(admin):
            rows = admin.session.execute(sa.select(model.id, model.project_id).where(model.id.in_(ids))).all()
        projects = {str(row[0]): str(row[1] or "") for row in rows}
        presence.record(self._records, admin, pod, [(kind.type, id_, project) for id_, project in projects.items()])
        asked_by = requests.known(admin.global_id)
        jobs = [kind.job(id_, project, pod.pod_id, asked_by) for id_, project in sorted(projects.items())]
        self._records.enqueue({(job.type, resource_key(job.resource)): job for job in jobs}.values())


def _routes(admin: Any, network_ids: Iterable[str]) -> list[JobRequest]:
    """What has the routers with interfaces on the networks looked at."""
    asked_by = requests.known(admin.global_id)
    return [
        JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": id_}, project_id, request_ids=asked_by)
        for id_, project_id in sorted(ports.routers_on(admin, network_ids).items())
    ]
