"""Remote endpoints of a network in one region: central's word, put into the region's table."""

from typing import Any

from tricircle.db.engine import Database
from tricircle.domain.payloads import NetworkInPod
from tricircle.domain.routings import ResourceType
from tricircle.reconcile import not_yet, remote
from tricircle.reconcile.not_yet import UnknownAtCentralError
from tricircle.reconcile.remote import Regions
from tricircle.regions import errors, paths, questions

Json = dict[str, Any]

# How a region's Neutron names what it says of a network that it has not got from central.
_ABSENT = frozenset({"NetworkNotFound", "NotACopy"})


class EndpointReconciler:
    """Two requests a network and region, however many ports: what central knows, and the region's table as a whole."""

    def __init__(self, regions: Regions, database: Database) -> None:
        """Nothing is sent or read yet."""
        self._regions = regions
        self._database = database

    def network(self, payload: NetworkInPod) -> None:
        """Job ``shadow_port_setup``. In mode ``noop`` nothing is done: another system joins the networks."""
        if self._regions.vxlan_mode == "noop":
            return
        pod_id, network_id = payload.pod_id, payload.network_id
        view = remote.view(self._regions, pod_id, payload.changes, endpoint_network_ids=[network_id])
        if view["endpoint_tables"]:
            self._set(pod_id, network_id, view["endpoint_tables"][0]["endpoints"])
        elif network_id not in remote.deleted(view):  # a network that is deleted goes by a job of its own
            raise UnknownAtCentralError(ResourceType.NETWORK, [network_id])

    def _set(self, pod_id: str, network_id: str, endpoints: list[Json]) -> None:
        region, table = self._regions.local(pod_id), {"endpoints": endpoints}
        try:
            questions.ask(region, "PUT", paths.path("remote-endpoints", network_id), "remote_endpoint", table)
        except errors.RegionError as error:
            if error.kind not in _ABSENT:
                raise
            not_yet.refuse_arriving(self._database, pod_id, ResourceType.NETWORK, network_id)
