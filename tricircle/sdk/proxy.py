"""The calls of the Admin API."""

from collections.abc import Iterator
from typing import Any

from openstack import exceptions, proxy

from tricircle.sdk.pod import Pod


class Proxy(proxy.Proxy):
    """Tricircle's Admin API, version 1.0."""

    # The catalogue's URL names the version: nothing is left to discover.
    skip_discovery = True

    def create_pod(self, **attributes: Any) -> Pod:
        """Create a pod from `region_name`, `az_name`, `pod_az_name`, `dc_name`."""
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

    def delete_pod(self, pod: str | Pod) -> None:
        """Delete a pod. Raises openstack.exceptions.NotFoundException; ConflictException while it is in use."""
        self._delete(Pod, pod, ignore_missing=False)
