"""Remote endpoints of a network in one region: central's word, put into the region's table."""

from tricircle.db.engine import Database
from tricircle.domain.payloads import NetworkInPod
from tricircle.domain.routings import ResourceType
from tricircle.reconcile import not_yet
from tricircle.reconcile.remote import Regions
from tricircle.regions import errors


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
        pod, network_id = self._regions.pod(payload.pod_id), payload.network_id
        known = self._regions.central().request(
            "GET", "/remote-endpoints", params={"id": network_id, "region_name": pod.region_name}
        )["remote_endpoints"]
        endpoints = known[0]["endpoints"] if known else []
        try:
            self._regions.local(pod.pod_id).request(
                "PUT", f"/remote-endpoints/{network_id}", json={"remote_endpoint": {"endpoints": endpoints}}
            )
        except errors.RegionError as error:
            if error.code != 404:
                raise
            not_yet.refuse_arriving(self._database, pod.pod_id, ResourceType.NETWORK, network_id)
