"""Parts of a central router in its regions: central says what they are, the regions carry them out."""

from collections.abc import Mapping
from typing import Any

from tricircle.db import jobs as jobs_db
from tricircle.domain import routers
from tricircle.domain.jobs import Handler, JobRequest, JobType
from tricircle.domain.jsons import Json
from tricircle.domain.payloads import RouterEverywhere, RouterInPod
from tricircle.jobs.handlers import confirmations
from tricircle.jobs.handlers.base import JobHandler
from tricircle.regions import paths, questions


class RouterHandler(JobHandler):
    """Two requests for each region, however many subnets there are, and one for the router."""

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {
            JobType.CONFIGURE_ROUTE: self.everywhere,
            JobType.ROUTER_SETUP: self.in_pod,
        }

    def everywhere(self, payload: RouterEverywhere) -> None:
        """Job ``configure_route``: have each region concerned see to its part, by a job of its own."""
        answer = self._ask(payload)
        requests = [
            JobRequest(
                JobType.ROUTER_SETUP,
                {
                    "pod_id": region["pod_id"],
                    "router_id": payload.router_id,
                    "network_id": payload.router_id,
                },
                region["project_id"],
                payload.changes,
                payload.request_ids,
            )
            for region in answer["regions"]
        ]
        if requests:
            self._database.write(lambda session: jobs_db.enqueue(session, requests))

    def in_pod(self, payload: RouterInPod) -> None:
        """Job ``router_setup``: the whole part of the region, whatever network the job names."""
        region = self._regions.pod(payload.pod_id).region_name
        part = self._ask(payload, region_name=region)["part"]
        if part["id"] is not None:
            copy = {"router": part["router"], "view": part["view"]}
            local = self._regions.local(payload.pod_id)
            questions.ask(local, "PUT", paths.path("router-copies", part["id"]), "router_copy", copy)
            if part["router"]:
                confirmations.note(self._database, payload.pod_id, {"routers": [{"id": payload.router_id}]})
        if part["release"]:
            settled = routers.UNBRIDGED if part["router"] else routers.REMOVED
            self._ask(payload, region_name=region, settled=settled)

    def _ask(self, payload: RouterEverywhere | RouterInPod, **more: Any) -> Json:
        question = {"router_id": payload.router_id, "changes": list(payload.changes), **more}
        return questions.ask(self._regions.central(), "POST", "/regional-routers", "regional_router", question)
