"""Remote endpoints of a network in one region: what central says has changed, put into the region's table."""

from collections.abc import Mapping

from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.payloads import NetworkInPod
from tricircle.domain.routings import ResourceType
from tricircle.domain.wire import EndpointTable
from tricircle.jobs.handlers import base
from tricircle.jobs.handlers.base import JobHandler, NotYetError, UnknownAtCentralError
from tricircle.regions import errors, paths, questions, views

# How a region's Neutron names what it says of a network that it has not got from central.
_ABSENT = frozenset({"NetworkNotFound", "NotACopy"})


class RemoteEndpointHandler(JobHandler):
    """Two requests a network and region, however many ports: what has changed at central, and the same to the region.

    Two more where the region has another version than central has taken it to have, and says which.
    """

    def handlers(self) -> Mapping[JobType, Handler]:
        """Those of the types below."""
        return {JobType.SHADOW_PORT_SETUP: self.network}

    def network(self, payload: NetworkInPod) -> None:
        """Job ``shadow_port_setup``. In mode ``noop`` nothing is done: another system joins the networks.

        :raises NotYetError: the region's table has changed each time that central was asked.
        """
        if self._regions.vxlan_mode == "noop":
            return
        network_id, versions = payload.network_id, dict[str, str]()
        for _ in range(base.TRIES):
            view = views.view(
                self._regions,
                payload.pod_id,
                payload.changes,
                endpoint_network_ids=[network_id],
                versions=versions,
            )
            if not view["endpoint_tables"]:
                if network_id in views.deleted(view):  # it goes by a job of its own
                    return
                raise UnknownAtCentralError(ResourceType.NETWORK, [network_id])
            (table,) = view["endpoint_tables"]
            own = self._set(payload.pod_id, network_id, table)
            if own in (None, table["version"]):
                return
            versions = {network_id: str(own)}
        raise NotYetError(f"{network_id}: the region has another version of its remote endpoints each time")

    def _set(self, pod_id: str, network_id: str, table: EndpointTable) -> str | None:
        """Answers the version that the region has, None if it has not got the network."""
        region = self._regions.local(pod_id)
        sent = {name: value for name, value in table.items() if name != "network_id"}
        try:
            path = paths.path("remote-endpoints", network_id)
            answer = questions.ask(region, "PUT", path, "remote_endpoint", sent)
        except errors.RegionError as error:
            if error.kind not in _ABSENT:
                raise
            base.refuse_arriving(self._database, pod_id, ResourceType.NETWORK, network_id)
            return None
        return str(answer["version"])
