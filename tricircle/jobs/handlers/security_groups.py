"""Security groups of a project in every region that has some of them: rule for rule what central says."""

from collections.abc import Collection, Mapping
from typing import Any

from tricircle.db import pod_jobs
from tricircle.db import routings as routings_db
from tricircle.domain.jobs import NO_PROJECT, Handler, JobType
from tricircle.domain.payloads import Project
from tricircle.domain.routings import ResourceType
from tricircle.jobs.handlers.base import JobHandler, UnknownAtCentralError
from tricircle.regions import paths, questions, views
from tricircle.regions.errors import RegionError

KINDS = (ResourceType.SECURITY_GROUP, ResourceType.ADDRESS_GROUP)
Json = dict[str, Any]
# Ids by kind.
Present = dict[ResourceType, list[str]]


class SecurityGroupHandler(JobHandler):
    """One request a region, however many groups and rules, and one to central for the views of all regions."""

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {JobType.SEG_RULE_SETUP: self.project}

    def project(self, payload: Project) -> None:
        """Job ``seg_rule_setup``."""
        project_id = payload.project_id
        owner = "" if project_id == NO_PROJECT else project_id
        present: dict[str, Present] = {}
        for kind in KINDS:
            with self._database.reader() as session:
                found = routings_db.find(session, resource_type=kind, project_id=owner)
                gone = pod_jobs.being_deleted(session)
            for routing in found:
                if routing.pod_id not in gone:
                    present.setdefault(routing.pod_id, {}).setdefault(kind, []).append(routing.top_id)
        failed: RegionError | UnknownAtCentralError | None = None
        for pod_id, view in self._views(present, payload.changes).items():
            try:
                self._in_pod(pod_id, project_id, present[pod_id], view)
            except (RegionError, UnknownAtCentralError) as error:  # the others get theirs before this one's next try
                failed = error
        if failed is not None:
            raise failed

    def _views(self, present: Mapping[str, Present], changes: Collection[int]) -> dict[str, Json]:
        """Central's views by pod id."""
        if not present:
            return {}
        pod_ids = sorted(present)
        wishes = [
            {
                "region_name": self._regions.pod(pod_id).region_name,
                "changes": list(changes),
                **{f"{kind}_ids": sorted(present[pod_id].get(kind, ())) for kind in KINDS},
            }
            for pod_id in pod_ids
        ]
        answers = questions.ask_all(self._regions.central(), "/regional-views", "regional_views", wishes)
        return dict(zip(pod_ids, answers, strict=True))

    def _in_pod(self, pod_id: str, project_id: str, present: Present, view: Json) -> None:
        missing = {kind: set(present.get(kind, ())) - {group["id"] for group in view[f"{kind}s"]} for kind in KINDS}
        deleted = views.deleted(view)
        gone = {kind: sorted(ids & deleted) for kind, ids in missing.items()}
        copies = {
            "security_groups": view["security_groups"],
            "address_groups": view["address_groups"],
            "deleted_ids": sorted(id_ for ids in gone.values() for id_ in ids),
        }
        path = paths.path("security-group-copies", project_id)
        questions.ask(self._regions.local(pod_id), "PUT", path, "security_group_copy", copies)
        for kind, ids in gone.items():
            if ids:
                self._forget(pod_id, kind, ids)
        for kind, unknown in missing.items():
            if unknown - deleted:
                raise UnknownAtCentralError(kind, sorted(unknown - deleted))

    def _forget(self, pod_id: str, kind: ResourceType, ids: list[str]) -> None:
        self._database.write(
            lambda session: routings_db.remove(session, top_ids=ids, pod_id=pod_id, resource_type=kind)
        )
