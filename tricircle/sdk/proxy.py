"""The calls of the Admin API."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from openstack import exceptions, proxy

from tricircle.sdk.drift import Drift
from tricircle.sdk.job import Job
from tricircle.sdk.pod import Pod
from tricircle.sdk.routing import Routing


class Proxy(proxy.Proxy):
    """Tricircle's Admin API, version 1.0."""

    # The catalogue's URL names the version: nothing is left to discover.
    skip_discovery = True

    def create_pod(self, **attributes: Any) -> Pod:
        """Create a pod from `region_name`, `az_name`, `pod_az_name`, `dc_name`, `user_id`."""
        return self._create(Pod, **attributes)

    def get_pod(self, pod: str | Pod) -> Pod:
        """The pod of this id. Raises openstack.exceptions.NotFoundException."""
        return self._get(Pod, pod)

    def pods(self, **query: Any) -> Iterator[Pod]:
        """Pods, all of them or those of a `region_name` or an `az_name`; further pages are fetched as needed."""
        return self._list(Pod, **query)

    def find_pod(self, id_or_region: str) -> Pod:
        """The pod of this region name or of this id. Raises openstack.exceptions.NotFoundException."""
        of_region = next(iter(self.pods(region_name=id_or_region)), None)
        if of_region is not None:
            return of_region
        try:
            return self.get_pod(id_or_region)
        except exceptions.NotFoundException as error:
            raise exceptions.NotFoundException(f"There is no pod with the id or region name {id_or_region}") from error

    def update_pod(self, pod: str | Pod, **attributes: Any) -> Pod:
        """Change fields of a pod: those of `create_pod`, and `draining`.

        Raises openstack.exceptions.NotFoundException; ConflictException for what another pod has.
        """
        changed = Pod.new(connection=self._get_connection(), id=Pod._get_id(pod))
        changed._body.clean()  # the id is no change
        changed._update(**attributes)
        return changed.commit(self)

    def delete_pod(self, pod: str | Pod, *, force: bool = False) -> Job | None:
        """Delete a pod; with `force`, of a region that is gone for ever: answers the job that does it.

        Raises openstack.exceptions.NotFoundException; ConflictException while it is in use.
        """
        if not force:
            self._delete(Pod, pod, ignore_missing=False)
            return None
        answer = self.delete(f"{Pod.base_path}/{quote(Pod._get_id(pod), safe='')}", params={"force": "true"})
        return self._job(answer)

    def create_routing(self, **attributes: Any) -> Routing:
        """Create a routing from `top_id`, `bottom_id`, `pod_id`, `project_id`, `resource_type`."""
        # Not by self._create, here and below: that has a parameter `resource_type` of its own.
        return Routing.new(connection=self._get_connection(), **attributes).create(self)

    def get_routing(self, routing: str | int | Routing) -> Routing:
        """The routing of this id. Raises openstack.exceptions.NotFoundException."""
        return self._get(Routing, routing)

    def routings(self, **query: Any) -> Iterator[Routing]:
        """Routings, newest first: all, or those whose fields have the values of `query`; `limit` is a page's size."""
        return Routing.list(self, **query)

    def update_routing(self, routing: str | int | Routing, **attributes: Any) -> Routing:
        """Change fields of a routing: for repair only. Raises openstack.exceptions.NotFoundException."""
        found = Routing.new(connection=self._get_connection(), id=Routing._get_id(routing))
        found._body.clean()  # the id is no change
        found._update(**attributes)
        return found.commit(self)

    def delete_routing(self, routing: str | int | Routing) -> None:
        """Delete a routing: for repair only. Raises openstack.exceptions.NotFoundException."""
        self._delete(Routing, routing, ignore_missing=False)

    def create_job(self, *, type: str, project_id: str, resource: dict[str, str]) -> Job:
        """Ask for a job; answers the one that waits for it. Raises openstack.exceptions.BadRequestException."""
        return self._create(Job, type=type, project_id=project_id, resource=resource)

    def get_job(self, job: str | Job) -> Job:
        """The job of this id. Raises openstack.exceptions.NotFoundException."""
        return self._get(Job, job)

    def jobs(self, **query: Any) -> Iterator[Job]:
        """Jobs, the queue's first, each part newest first; `type`, `status`, `project_id`; `limit` is a page's size."""
        return self._list(Job, **query)

    def redo_job(self, job: str | Job) -> Job:
        """Run a job at once; answers the one that waits now.

        Raises openstack.exceptions.NotFoundException; BadRequestException if it is over.
        """
        return self._job(self.put(f"{Job.base_path}/{quote(Job._get_id(job), safe='')}"))

    def delete_job(self, job: str | Job) -> None:
        """Delete a job that waits.

        Raises openstack.exceptions.NotFoundException; BadRequestException if it runs or is over.
        """
        self._delete(Job, job, ignore_missing=False)

    def run_audit(
        self, *, region_name: str | None = None, resource_type: str | None = None, repair: bool = False
    ) -> list[Job]:
        """Have one region's copies, or all regions', compared with central: of one type, or all. Answers its jobs.

        Raises openstack.exceptions.BadRequestException.
        """
        given = {"region_name": region_name, "resource_type": resource_type, "repair": repair}
        body = {"audit": {name: value for name, value in given.items() if value is not None}}
        answer = self.post("/audits", json=body)
        exceptions.raise_from_response(answer)
        return [Job.existing(connection=self._get_connection(), **job) for job in answer.json()[Job.resources_key]]

    def drifts(self, **query: Any) -> Iterator[Drift]:
        """What audits have found to differ, youngest first: all, or those whose fields have the values of `query`.

        `age`: found at least so many seconds ago; `mended`: those that are gone; `limit` is a page's size.
        """
        return Drift.list(self, **query)

    def _job(self, answer: Any) -> Job:
        exceptions.raise_from_response(answer)
        return Job.existing(connection=self._get_connection(), **answer.json()[Job.resource_key])
