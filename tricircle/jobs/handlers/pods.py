"""Regions that go: one that is being drained, which is alive and empties, and one that is gone for ever."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from tricircle.db import jobs as jobs_db
from tricircle.db import pod_jobs
from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.domain import copied_kinds, wire
from tricircle.domain.errors import Conflict, NotFound
from tricircle.domain.jobs import Handler, JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.payloads import WholePod
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import CopiesAnswer, ReleasedNetwork, Releases
from tricircle.jobs.handlers.base import JobHandler, NotYetError
from tricircle.regions import paths, questions

# What a region gives up in one request: it takes some tenths of a second for each.
NETWORKS = 20
GROUPS = 100
# Routings in one transaction.
ROUTINGS = 500
# What central counts by a region's name.
COUNTED = ("port_locations", "regional_addresses", "router_ports")
# How many networks a message names.
_NAMED = 10


@dataclasses.dataclass
class _Round:
    """What one look has come to: networks in use, with what is known of it; those that wait for parts of routers, or
    for something else, with the reason; and what the region has given up.
    """

    in_use: dict[str, str] = dataclasses.field(default_factory=dict)
    waiting: dict[str, str] = dataclasses.field(default_factory=dict)
    released: set[str] = dataclasses.field(default_factory=set)


class PodHandler(JobHandler):
    """Jobs about whole pods, each safe to repeat at every step."""

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {
            JobType.POD_DRAIN: self.drain,
            JobType.POD_DELETE: self.delete,
        }

    # A region that is being drained.

    def drain(self, payload: WholePod) -> None:
        """Job ``pod_drain``: what nobody in the region uses goes from there, until nothing is left.

        It ends, too, when the pod is not to be drained any more.

        :raises NotYetError: something is left; named is what.
        """
        released: set[str] = set()
        while pod := self._to_drain(payload.pod_id):
            found = self._ask(pod)
            if not found["draining"]:
                return
            now = self._round(pod, found)
            if now.released - released:  # what is looked at next may have been in use by that
                released |= now.released
                continue
            left = self._left(pod, now)
            if left:
                raise NotYetError(f"{pod.region_name}: {left}")
            return

    def _to_drain(self, pod_id: str) -> Pod | None:
        """The pod; None if it is gone, or about to go as one of a region that is gone for ever."""
        try:
            pod = self._regions.pod(pod_id)
        except NotFound:
            return None
        with self._database.reader() as session:
            return None if pod_jobs.find(session, JobType.POD_DELETE, pod_id) else pod

    def _round(self, pod: Pod, found: Releases) -> _Round:
        now = _Round(in_use={one["network_id"]: _ports(one["ports"]) for one in found["in_use"]})
        for networks in _batches(found["networks"], NETWORKS):
            self._networks(pod, networks, now)
        for kind in [kind for kind in copied_kinds.all_kinds() if kind.released_alone]:
            for ids in _batches(wire.ids(found, "", kind), GROUPS):
                self._groups(pod, kind.type, ids, now)
        return now

    def _networks(self, pod: Pod, networks: Sequence[ReleasedNetwork], now: _Round) -> None:
        """Have the region give networks up, and central know of which it has."""
        ids = [network["id"] for network in networks]
        ports = [port_id for network in networks for port_id in network["port_ids"]]
        answer = self._give_up(pod, {"released_network_ids": ids, "released_port_ids": ports})
        kept = [id_ for id_ in ids if id_ in answer["kept_ids"]]
        pending = {one["id"]: one["reason"] for one in answer["pending"] if one["id"] in ids}
        released = [id_ for id_ in ids if id_ not in kept and id_ not in pending]
        told = {"released_network_ids": released, "kept_network_ids": kept, "waiting_network_ids": sorted(pending)}
        self._ask(pod, **told)
        now.in_use.update(dict.fromkeys(kept, "by what central does not know of"))
        now.waiting.update(pending)
        now.released |= set(released)

    def _groups(self, pod: Pod, kind: str, ids: Sequence[str], now: _Round) -> None:
        """Central knows nothing of them there any more: it must, if the region cannot give them up or be asked."""
        kept = list(ids)
        try:
            answer = self._give_up(pod, {f"released_{kind}_ids": ids})
            left = {*answer["kept_ids"], *(one["id"] for one in answer["pending"])}
            kept = [id_ for id_ in ids if id_ in left]
        finally:
            if kept:
                self._ask(pod, **{f"kept_{kind}_ids": kept})
        now.released |= set(ids) - set(kept)

    def _give_up(self, pod: Pod, released: Json) -> CopiesAnswer:
        region = self._regions.local(pod.pod_id)
        return cast(CopiesAnswer, questions.ask(region, "POST", "/regional-copies", "regional_copy", released))

    def _ask(self, pod: Pod, **told: Sequence[str]) -> Releases:
        question = {"region_name": pod.region_name, **told}
        central = self._regions.central()
        return cast(Releases, questions.ask(central, "POST", "/regional-releases", "regional_release", question))

    def _left(self, pod: Pod, now: _Round) -> str:
        """What is left in the region, in words; empty if nothing is."""
        with self._database.reader() as session:
            counts = routings_db.count(session, pod.pod_id)
        words = []
        if now.in_use:
            words.append(f"in use: {_named(now.in_use)}")
        if now.waiting:
            words.append(f"not yet given up: {_named(now.waiting)}")
        if counts:
            words.append("still there: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
        return "; ".join(words)

    # A region that is gone for ever.

    def delete(self, payload: WholePod) -> None:
        """Job ``pod_delete``: what is known of a region goes, and the pod with it. The region is not asked.

        From the moment when the job was asked for central does not count the pod any more: see ``Records.pods``.

        :raises NotYetError: something is left of it.
        """
        try:
            pod = self._regions.pod(payload.pod_id)
        except NotFound:
            return  # done already, but for the end of the job
        self._forget_routings(pod)
        self._forget_at_central(pod)
        try:
            self._database.write(lambda session: _end(session, pod, payload.request_ids))
        except Conflict as error:  # by a request that began before: what it has recorded goes with the next try
            raise NotYetError(f"{pod.region_name}: {error.message}") from error

    def _forget_routings(self, pod: Pod) -> None:
        """But for those of routers, which must be known until the others are told."""

        def some(session: Session) -> int:
            return routings_db.remove_some(session, pod.pod_id, keep=ResourceType.ROUTER, limit=ROUTINGS)

        while self._database.write(some) == ROUTINGS:
            continue

    def _forget_at_central(self, pod: Pod) -> None:
        """Central does as much as it can in some seconds; asked again, it says what is left.

        :raises NotYetError: it does not get further.
        """
        path = paths.path("regional-pods", pod.region_name)
        before: int | None = None
        while True:
            self._regions.central().request("DELETE", path)
            same = {"region_name": pod.region_name}
            counts = questions.ask(self._regions.central(), "PUT", path, "regional_pod", same)
            left = sum(counts[name] for name in COUNTED)
            if not left:
                return
            if before is not None and left >= before:
                rows = ", ".join(f"{counts[name]} {name}" for name in COUNTED)
                raise NotYetError(f"{pod.region_name}: central Neutron has not forgotten {rows}")
            before = left


def _end(session: Session, pod: Pod, request_ids: tuple[str, ...]) -> None:
    """The pod goes, with its jobs and what is left of its routings; its routers' other parts are seen to."""
    routers = routings_db.find(session, pod_id=pod.pod_id, resource_type=ResourceType.ROUTER)
    jobs_db.enqueue(
        session,
        [
            JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": r.top_id}, r.project_id, request_ids=request_ids)
            for r in routers
        ],
    )
    while routings_db.remove_some(session, pod.pod_id, keep="", limit=ROUTINGS):
        continue
    pod_jobs.forget_others(session, pod.pod_id)
    pods_db.delete(session, pod.pod_id)  # its incarnations go with it


def _ports(number: int) -> str:
    return f"{number} port{'' if number == 1 else 's'}"


def _named(networks: dict[str, str]) -> str:
    """Networks with what there is to say of each; of many the first."""
    named = [f"network {id_} ({text})" for id_, text in sorted(networks.items())[:_NAMED]]
    more = len(networks) - len(named)
    return ", ".join([*named, *([f"and {more} more"] if more else [])])


def _batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
