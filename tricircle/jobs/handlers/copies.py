"""Copies of networks, subnets and ports in one region: brought to what central says, or taken away."""

import functools
from collections.abc import Mapping
from typing import Any, cast

from tricircle.db import routings as routings_db
from tricircle.domain import copied_kinds, wire
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.payloads import NetworkInPod, PortInPod, SubnetInPod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import CopiesAnswer, View
from tricircle.jobs.handlers import base, confirmations
from tricircle.jobs.handlers.base import JobHandler, NotYetError, UnknownAtCentralError
from tricircle.regions import questions, views

REGION_NAME = "tricircle:region_name"


class CopyHandler(JobHandler):
    """One region's copy of one object: central's word, carried to the region. Each method is one job, safe to repeat.

    Two requests a job. What to change in the copy is decided in the region, where it is. A copy goes when central says
    that its object is deleted; what central merely does not find is asked for again later.
    """

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        alone = {kind.job_type: functools.partial(self.standalone, kind) for kind in copied_kinds.standalone()}
        return {
            JobType.UPDATE_NETWORK: self.network,
            JobType.SUBNET_UPDATE: self.subnet,
            JobType.PORT_UPDATE: self.port,
            JobType.PORT_DELETE: self.port,
            **alone,
        }

    def standalone(self, kind: CopiedKind, payload: Any) -> None:
        """The job of a kind that needs nothing but itself: the region's copy follows, or goes."""
        id_: str = getattr(payload, KINDS[kind.job_type].about)
        view = views.view(self._regions, payload.pod_id, payload.changes, **{f"{kind.type}_ids": [id_]})
        self._carry(payload.pod_id, view, kind, id_)

    def network(self, payload: NetworkInPod) -> None:
        """Job ``update_network``."""
        view = views.view(self._regions, payload.pod_id, payload.changes, network_ids=[payload.network_id])
        self._carry(payload.pod_id, view, copied_kinds.NETWORK, payload.network_id)

    def subnet(self, payload: SubnetInPod) -> None:
        """Job ``subnet_update``. A subnet that the region lacks is made if its network is there."""
        view = views.view(self._regions, payload.pod_id, payload.changes, subnet_ids=[payload.subnet_id])
        self._carry(payload.pod_id, view, copied_kinds.SUBNET, payload.subnet_id)

    def port(self, payload: PortInPod) -> None:
        """Jobs ``port_update`` and ``port_delete``: the copy follows central's port, or goes.

        It goes for good where central has deleted the port, and is parked till it is asked for again where that lives
        elsewhere: the region must still be told when it is deleted.
        """
        pod_id, port_id = payload.pod_id, payload.port_id
        view = views.view(self._regions, pod_id, payload.changes, port_state_ids=[port_id])
        if not view["port_states"]:
            self._remove(pod_id, view, ResourceType.PORT, port_id)
            return
        (port,) = view["port_states"]
        if port[REGION_NAME] not in ("", self._regions.pod(pod_id).region_name):
            self._tell(pod_id, {"left_port_ids": [port_id]})
        else:
            self._update(pod_id, ResourceType.PORT, port_id, {"ports": [port]})

    def _carry(self, pod_id: str, view: View, kind: CopiedKind, id_: str) -> None:
        """Tell the region of what central has found, or that it is deleted."""
        if id_ in {one["id"] for one in wire.objects(view, kind)}:
            known = [known for known in copied_kinds.all_kinds() if known.in_views]
            self._update(pod_id, kind.type, id_, {one.plural: wire.objects(view, one) for one in known})
        elif not view["refused"]:  # else the network may not live there any more: what is there stays
            self._remove(pod_id, view, kind.type, id_)

    def _remove(self, pod_id: str, view: View, kind: str, id_: str) -> None:
        """Tell the region that the object is deleted.

        :raises UnknownAtCentralError: central does not say so.
        """
        if id_ not in views.deleted(view):
            raise UnknownAtCentralError(kind, [id_])
        self._tell(pod_id, {f"deleted_{kind}_ids": [id_]})
        self._forget(pod_id, kind, id_)

    def _update(self, pod_id: str, kind: str, id_: str, copies: Json) -> None:
        absent = self._tell(pod_id, copies)
        confirmations.note(self._database, pod_id, copies, absent)
        if id_ in absent:
            base.refuse_arriving(self._database, pod_id, kind, id_)

    def _tell(self, pod_id: str, copies: Json) -> list[str]:
        """Answers the ids of what the region has not got."""
        region = self._regions.local(pod_id)
        answer = cast(CopiesAnswer, questions.ask(region, "POST", "/regional-copies", "regional_copy", copies))
        if answer["pending"]:
            raise NotYetError("; ".join(f"{one['id']}: {one['reason']}" for one in answer["pending"]))
        return answer["absent_ids"]

    def _forget(self, pod_id: str, kind: str, id_: str) -> None:
        self._database.write(
            lambda session: routings_db.remove(session, top_ids=[id_], pod_id=pod_id, resource_type=kind)
        )
