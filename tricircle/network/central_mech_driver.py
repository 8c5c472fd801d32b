"""The ``tricircle`` mechanism driver: what central's networks, subnets and ports mean for the regions that have them.

Central has no agents: nothing is bound here. After each commit the regions concerned get their jobs.
"""

from typing import Any

from neutron_lib.api.definitions import provider_net
from neutron_lib.plugins.ml2 import api

from tricircle.db.neutron import locations
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType
from tricircle.network.central_records import Records


class TricircleMechanismDriver(api.MechanismDriver):
    """Turns committed changes into jobs."""

    _records: Records

    def initialize(self) -> None:
        """Nothing to do: the plugin hands over the records."""

    def use(self, records: Records) -> None:
        """Set where jobs and routings go."""
        self._records = records

    def bind_port(self, context: Any) -> None:
        """Ports are bound in their regions."""

    def create_subnet_postcommit(self, context: Any) -> None:
        """A subnet of a network that regions have already: they get it too."""
        subnet = context.current
        pod_ids = self._records.pods_with(ResourceType.NETWORK, [subnet["network_id"]]).get(subnet["network_id"], set())
        self._records.enqueue(
            JobRequest(
                type=JobType.SUBNET_UPDATE,
                resource={"pod_id": pod_id, "subnet_id": subnet["id"]},
                project_id=subnet["project_id"],
            )
            for pod_id in sorted(pod_ids)
        )

    def update_subnet_postcommit(self, context: Any) -> None:
        """The regions' copies follow."""
        self._in_pods(JobType.SUBNET_UPDATE, ResourceType.SUBNET, context.current, "subnet_id")

    def delete_subnet_postcommit(self, context: Any) -> None:
        """The regions' copies go."""
        self._in_pods(JobType.SUBNET_UPDATE, ResourceType.SUBNET, context.current, "subnet_id")

    def update_network_postcommit(self, context: Any) -> None:
        """The regions' copies follow."""
        self._in_pods(JobType.UPDATE_NETWORK, ResourceType.NETWORK, context.current, "network_id")

    def delete_network_postcommit(self, context: Any) -> None:
        """The regions' copies go."""
        self._in_pods(JobType.UPDATE_NETWORK, ResourceType.NETWORK, context.current, "network_id")

    def delete_port_precommit(self, context: Any) -> None:
        """The location goes with the port: remember whether other regions knew it."""
        region_name = locations.region_of(context.plugin_context, context.current["id"])
        context.tricircle_was_located = region_name is not None

    def delete_port_postcommit(self, context: Any) -> None:
        """Gone at central: gone in its region, and the others forget its endpoint."""
        port, network = context.current, context.network.current
        self._in_pods(JobType.PORT_DELETE, ResourceType.PORT, port, "port_id")
        if context.tricircle_was_located and network.get(provider_net.NETWORK_TYPE) == "vxlan":
            self._in_pods(JobType.SHADOW_PORT_SETUP, ResourceType.NETWORK, network, "network_id")

    def _in_pods(self, job_type: JobType, resource_type: ResourceType, resource: dict[str, Any], field: str) -> None:
        self._records.enqueue_in_pods(job_type, resource_type, resource["id"], resource["project_id"], field=field)
