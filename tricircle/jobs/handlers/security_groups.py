"""Security groups of a project in every region that has some of them: rule for rule what central says."""

from collections.abc import Collection, Mapping
from typing import cast

from tricircle.db import jobs as jobs_db
from tricircle.db import pod_jobs
from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain import copied_kinds, wire
from tricircle.domain.jobs import NO_PROJECT, Handler, JobRequest, JobType
from tricircle.domain.payloads import Project, ProjectInPod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import View
from tricircle.jobs.handlers import base, confirmations
from tricircle.jobs.handlers.base import JobHandler, NotYetError, UnknownAtCentralError
from tricircle.jobs.handlers.group_views import GroupViews, Present, PresentInPods
from tricircle.regions import paths, questions, views
from tricircle.regions.protocols import Regions

KINDS = (ResourceType.SECURITY_GROUP, ResourceType.ADDRESS_GROUP)


class SecurityGroupHandler(JobHandler):
    """One request a region, however many groups and rules, and one to central for the views of all regions."""

    def __init__(self, regions: Regions, database: Database) -> None:
        """Nothing is sent or read yet."""
        super().__init__(regions, database)
        self._views = GroupViews(self._ask)

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {JobType.SEG_RULE_SETUP: self.project, JobType.SEG_RULE_SYNC: self.in_pod}

    def project(self, payload: Project) -> None:
        """Job ``seg_rule_setup``: have each region that has some of the groups see to them, by a job of its own."""
        owner = _owner(payload.project_id)
        requests = [
            JobRequest(
                JobType.SEG_RULE_SYNC,
                {"pod_id": pod_id, "project_id": payload.project_id},
                owner,
                payload.changes,
                payload.request_ids,
            )
            for pod_id in sorted(self._present(payload.project_id))
        ]
        if requests:
            self._database.write(lambda session: jobs_db.enqueue(session, requests))

    def in_pod(self, payload: ProjectInPod) -> None:
        """Job ``seg_rule_sync``: the project's groups in one region.

        :raises NotYetError: the region's members of groups have changed each time that central was asked.
        """
        project_id, pod_id = payload.project_id, payload.pod_id
        found = self._views.take(project_id, pod_id, payload.changes, lambda: self._present(project_id))
        if found is None:
            return
        present, view = found
        versions: dict[str, str] = {}
        for _ in range(base.TRIES):
            others = self._tell(pod_id, project_id, present, view)
            if not others:
                return
            versions |= others
            view = self._ask({pod_id: present}, payload.changes, versions)[pod_id]
        raise NotYetError(f"{project_id}: the region has other versions of its members of groups each time")

    def _present(self, project_id: str) -> dict[str, Present]:
        """What regions have of the project's groups, by pod id: those that are not gone for ever."""
        present: dict[str, dict[str, list[str]]] = {}
        with self._database.reader() as session:
            gone = pod_jobs.being_deleted(session)
            owner = _owner(project_id)
            found = [(kind, routings_db.find(session, resource_type=kind, project_id=owner)) for kind in KINDS]
        for kind, routing in ((kind, routing) for kind, routings in found for routing in routings):
            if routing.pod_id not in gone:
                present.setdefault(routing.pod_id, {}).setdefault(kind, []).append(routing.top_id)
        return {pod_id: {kind: sorted(ids) for kind, ids in kinds.items()} for pod_id, kinds in present.items()}

    def _ask(
        self, present: PresentInPods, changes: Collection[int], versions: Mapping[str, str] | None = None
    ) -> dict[str, View]:
        """Central's views by pod id; ``versions``: those of address groups that a region has said that it has."""
        pod_ids = sorted(present)
        asked = [
            {
                "region_name": self._regions.pod(pod_id).region_name,
                "changes": list(changes),
                "versions": dict(versions or {}),
                **{f"{kind}_ids": list(present[pod_id].get(kind, ())) for kind in KINDS},
            }
            for pod_id in pod_ids
        ]
        answers = questions.ask_all(self._regions.central(), "/regional-views", "regional_views", asked)
        return dict(zip(pod_ids, cast(list[View], answers), strict=True))

    def _tell(self, pod_id: str, project_id: str, present: Present, view: View) -> dict[str, str]:
        """Answers the versions that the region has of address groups, by id, if those that the view is against differ.

        Then it is to be told again.
        """
        there = {kind: {one["id"] for one in wire.objects(view, copied_kinds.get(kind))} for kind in KINDS}
        missing = {kind: set(present.get(kind, ())) - there[kind] for kind in KINDS}
        deleted = views.deleted(view)
        gone = {kind: sorted(ids & deleted) for kind, ids in missing.items()}
        copies = {
            "security_groups": view["security_groups"],
            "address_groups": view["address_groups"],
            "deleted_ids": sorted(id_ for ids in gone.values() for id_ in ids),
        }
        path = paths.path("security-group-copies", project_id)
        answer = questions.ask(self._regions.local(pod_id), "PUT", path, "security_group_copy", copies)
        if others := answer.get("other_versions"):
            return {one["id"]: one["version"] for one in others}
        confirmations.note(self._database, pod_id, copies)
        for kind, ids in gone.items():
            if ids:
                self._forget(pod_id, kind, ids)
        for kind, unknown in missing.items():
            if unknown - deleted:
                raise UnknownAtCentralError(kind, sorted(unknown - deleted))
        return {}

    def _forget(self, pod_id: str, kind: ResourceType, ids: list[str]) -> None:
        self._database.write(
            lambda session: routings_db.remove(session, top_ids=ids, pod_id=pod_id, resource_type=kind)
        )


def _owner(project_id: str) -> str:
    """The project's id, as routings and jobs have it."""
    return "" if project_id == NO_PROJECT else project_id
