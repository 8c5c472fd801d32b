"""Audits: what a region has of central's objects, held page by page against what central says of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db import drifts as drifts_db
from tricircle.db import jobs as jobs_db
from tricircle.db import routings as routings_db
from tricircle.db.types import read_clock
from tricircle.domain import copied_kinds
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.drifts import Drift
from tricircle.domain.errors import Invalid
from tricircle.domain.jobs import Handler, JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.payloads import ALL_KINDS, AuditInPod
from tricircle.domain.routings import ARRIVAL_SECONDS
from tricircle.jobs.handlers.base import JobHandler
from tricircle.plans import drift
from tricircle.plans.drift import CopyState, Desired, Observed, Place
from tricircle.regions import questions

# Objects in one request. A part of a router is planned by itself, with some queries each.
PAGE = 500
PARTS = 50


@dataclass(frozen=True, slots=True)
class _Look:
    """Where an audit looks; by which ids central knows the copies that have ids of their own (parts of routers), and
    which of those the region has had the time to make.
    """

    kind: CopiedKind
    place: Place
    central_ids: Mapping[str, str] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()

    @property
    def limit(self) -> int:
        """Copies in one request."""
        return PAGE if self.kind.in_views else PARTS

    def expected(self, after: str, until: str) -> list[str]:
        """Ids beyond ``after`` and up to ``until`` (empty: the last) of what is there without being asked for."""
        return sorted(id_ for id_ in self.settled if id_ > after and (not until or id_ <= until))


class AuditHandler(JobHandler):
    """Two requests a page, to the region first; and two more about what differs: what was on its way has then come."""

    def handlers(self) -> Mapping[JobType, Handler]:
        """The type below."""
        return {JobType.AUDIT: self.audit}

    def audit(self, payload: AuditInPod) -> None:
        """Job ``audit``: find what differs in one pod, store it, and have it repaired if that is wanted.

        :raises NotFound: there is no such pod any more.
        :raises Invalid: no such type of copies.
        """
        pod = self._regions.pod(payload.pod_id)
        for kind in _kinds(payload.resource_type):
            place = Place(pod.pod_id, pod.region_name)
            look = _Look(kind, place) if kind.in_views else self._look_at_parts(kind, place)
            self._kind(look, repairs=payload.repairs)

    def _kind(self, look: _Look, *, repairs: bool) -> None:
        with self._database.reader() as session:
            begun = read_clock(session)
        after, more = "", True
        while more:
            page = self._observe(look, after=after, limit=look.limit)
            found = self._differing(look, _copies(page, look.expected(after, page["until"])))
            self._store(look, page, found, repairs=repairs)
            after, more = page["until"], bool(page["until"])
        self._database.write(lambda session: drifts_db.mend(session, look.place.pod_id, look.kind.type, begun))

    def _differing(self, look: _Look, copies: Sequence[Observed]) -> list[Drift]:
        """What differs, at two looks: what central changed between the answers of the first does so no more."""
        suspected = {one.resource_id for one in self._compare(look, copies)}
        ids = [copy.id for copy in copies if look.central_ids.get(copy.id, copy.id) in suspected]
        if not ids:
            return []
        again = self._observe(look, ids=ids)
        return self._compare(look, _copies(again, [id_ for id_ in ids if id_ in look.settled]))

    def _compare(self, look: _Look, copies: Iterable[Observed]) -> list[Drift]:
        named = [replace(copy, id=look.central_ids.get(copy.id, copy.id)) for copy in copies]
        if not named:
            return []
        answer = self._desire(look, [copy.id for copy in named])
        desired = {one["id"]: Desired(one["id"], one["project_id"], one["content"]) for one in answer["objects"]}
        deleted = {one["id"]: one["project_id"] for one in answer["deleted"]}
        return drift.find(look.kind, look.place, named, desired, deleted)

    def _observe(self, look: _Look, **asked: Any) -> Json:
        region = self._regions.local(look.place.pod_id)
        question = {"resource_type": look.kind.type, **asked}
        return questions.ask(region, "POST", "/observed-copies", "observed_copy", question)

    def _desire(self, look: _Look, ids: Sequence[str]) -> Json:
        question = {"region_name": look.place.region_name, "resource_type": look.kind.type, "ids": ids}
        return questions.ask(self._regions.central(), "POST", "/desired-copies", "desired_copy", question)

    def _store(self, look: _Look, page: Json, found: Sequence[Drift], *, repairs: bool) -> None:
        """In one transaction, so that no crash leaves a finding of which the repair is only said to be asked for."""
        pod_id = look.place.pod_id
        requests = _distinct(one.repair for one in found if one.repair is not None) if repairs else []
        shown = {
            (look.kind.type, copy["id"]): copy["revision"]
            for copy in page["copies"]
            if look.kind.has_revision and copy["revision"] is not None and copy["content"] is not None
        }

        def write(session: Session) -> None:
            drifts_db.record(session, pod_id, found, repaired=repairs)
            jobs_db.enqueue(session, requests)
            for kind, revisions in routings_db.unconfirmed(session, pod_id, shown).items():
                routings_db.confirm(session, pod_id, kind, revisions)

        self._database.write(write)

    def _look_at_parts(self, kind: CopiedKind, place: Place) -> _Look:
        with self._database.reader() as session:
            before = read_clock(session) - timedelta(seconds=ARRIVAL_SECONDS)
            known = routings_db.find(session, pod_id=place.pod_id, resource_type=kind.type)
        return _Look(
            kind,
            place,
            {routing.bottom_id: routing.top_id for routing in known},
            frozenset(routing.bottom_id for routing in known if routing.created_at <= before),
        )


def _kinds(name: str) -> tuple[CopiedKind, ...]:
    if name == ALL_KINDS:
        return copied_kinds.all_kinds()
    if not copied_kinds.is_declared(name):
        raise Invalid(f"resource_type: regions have no copies of {name}")
    return (copied_kinds.get(name),)


def _copies(page: Json, expected: Collection[str]) -> list[Observed]:
    """What a region shows, and what it should have shown beside."""
    shown = [Observed(one["id"], CopyState(one["state"]), one["content"]) for one in page["copies"]]
    lacking = sorted(set(expected) - {copy.id for copy in shown})
    return [*shown, *(Observed(id_, CopyState.ABSENT) for id_ in lacking)]


def _distinct(requests: Iterable[JobRequest]) -> list[JobRequest]:
    """Groups of one project are mended by one job."""
    return list({(request.type, *sorted(request.resource.items())): request for request in requests}.values())
