"""Copies of networks, subnets and ports in one region: brought to what central says, or taken away."""

from collections.abc import Mapping
from typing import Any

from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.payloads import NetworkInPod, PortInPod, SubnetInPod
from tricircle.domain.routings import ResourceType
from tricircle.reconcile import remote
from tricircle.reconcile.remote import Regions

Json = dict[str, Any]

# What of a copy follows central. Segment, CIDR and the like never change; a subnet's gateway and pools are the
# region's own.
NETWORK_FIELDS = ("name", "description", "admin_state_up", "shared", "port_security_enabled")
SUBNET_FIELDS = ("name", "description", "enable_dhcp", "dns_nameservers", "host_routes")


def difference(wish: Mapping[str, Any], seen: Mapping[str, Any], fields: tuple[str, ...]) -> Json:
    """What to change in ``seen`` so that it agrees with ``wish`` in ``fields``, as far as both have them."""
    return {name: wish[name] for name in fields if name in wish and name in seen and wish[name] != seen[name]}


class CopyReconciler:
    """One region's copy of one object against central's. Each method is one job, safe to repeat."""

    def __init__(self, regions: Regions, database: Database) -> None:
        """Nothing is sent or read yet."""
        self._regions = regions
        self._database = database

    def network(self, payload: NetworkInPod) -> None:
        """Job ``update_network``."""
        self._follow(payload.pod_id, ResourceType.NETWORK, "networks", payload.network_id, NETWORK_FIELDS)

    def subnet(self, payload: SubnetInPod) -> None:
        """Job ``subnet_update``. A subnet that the region lacks is made by asking the region for it."""
        self._follow(payload.pod_id, ResourceType.SUBNET, "subnets", payload.subnet_id, SUBNET_FIELDS)

    def port(self, payload: PortInPod) -> None:
        """Job ``port_delete``: the port goes from the region, unless central has it (again)."""
        if remote.get(self._regions.central(), f"/ports/{payload.port_id}") is None:
            self._remove(payload.pod_id, ResourceType.PORT, "ports", payload.port_id)

    def _follow(
        self, pod_id: str, resource_type: ResourceType, collection: str, object_id: str, fields: tuple[str, ...]
    ) -> None:
        path = f"/{collection}/{object_id}"
        wish = remote.get(self._regions.central(), path)
        if wish is None:
            self._remove(pod_id, resource_type, collection, object_id)
            return
        local = self._regions.local(pod_id)
        seen = remote.get(local, path)
        changes = difference(wish, seen, fields) if seen is not None else {}
        if changes:
            local.request("PUT", path, json={collection.removesuffix("s"): changes})

    def _remove(self, pod_id: str, resource_type: ResourceType, collection: str, object_id: str) -> None:
        remote.delete(self._regions.local(pod_id), f"/{collection}/{object_id}")
        self._database.write(
            lambda session: routings_db.remove(session, top_ids=[object_id], pod_id=pod_id, resource_type=resource_type)
        )
