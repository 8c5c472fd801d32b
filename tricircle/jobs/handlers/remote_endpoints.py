"""Remote endpoints of a network in one region: central's word, put into the region's table."""

from collections.abc import Mapping
from typing import Any

from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.payloads import NetworkInPod
from tricircle.domain.routings import ResourceType
from tricircle.jobs.handlers import base
from tricircle.jobs.handlers.base import JobHandler, UnknownAtCentralError
from tricircle.regions import errors, paths, questions, views

Json = dict[str, Any]

# How a region's Neutron names what it says of a network that it has not got from central.
_ABSENT = frozenset({"NetworkNotFound", "NotACopy"})


class RemoteEndpointHandler(JobHandler):
    """Two requests a network and region, however many ports: what central knows, and the region's table as a whole."""

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {JobType.SHADOW_PORT_SETUP: self.network}

    def network(self, payload: NetworkInPod) -> None:
        """Job ``shadow_port_setup``. In mode ``noop`` nothing is done: another system joins the networks."""
        if self._regions.vxlan_mode == "noop":
            return
        pod_id, network_id = payload.pod_id, payload.network_id
        view = views.view(self._regions, pod_id, payload.changes, endpoint_network_ids=[network_id])
        if view["endpoint_tables"]:
            self._set(pod_id, network_id, view["endpoint_tables"][0]["endpoints"])
        elif network_id not in views.deleted(view):  # a network that is deleted goes by a job of its own
            raise UnknownAtCentralError(ResourceType.NETWORK, [network_id])

    def _set(self, pod_id: str, network_id: str, endpoints: list[Json]) -> None:
        region, table = self._regions.local(pod_id), {"endpoints": endpoints}
        try:
            questions.ask(region, "PUT", paths.path("remote-endpoints", network_id), "remote_endpoint", table)
        except errors.RegionError as error:
            if error.kind not in _ABSENT:
                raise
            base.refuse_arriving(self._database, pod_id, ResourceType.NETWORK, network_id)
