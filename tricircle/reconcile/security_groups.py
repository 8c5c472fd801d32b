"""Security groups of a project in every region that has some of them: rule for rule what central says."""

from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.payloads import Project
from tricircle.domain.routings import ResourceType
from tricircle.reconcile.remote import Regions
from tricircle.regions.errors import RegionError


class SecurityGroupReconciler:
    """Two requests a region, however many groups and rules: central's view, and the region's copies as a whole."""

    def __init__(self, regions: Regions, database: Database) -> None:
        """Nothing is sent or read yet."""
        self._regions = regions
        self._database = database

    def project(self, payload: Project) -> None:
        """Job ``seg_rule_setup``."""
        project_id = payload.project_id
        with self._database.reader() as session:
            found = routings_db.find(session, resource_type=ResourceType.SECURITY_GROUP, project_id=project_id)
        groups: dict[str, list[str]] = {}
        for routing in found:
            groups.setdefault(routing.pod_id, []).append(routing.top_id)
        failed: RegionError | None = None
        for pod_id, group_ids in sorted(groups.items()):
            try:
                self._in_pod(pod_id, project_id, group_ids)
            except RegionError as error:  # the other regions get theirs before this one is tried again
                failed = error
        if failed is not None:
            raise failed

    def _in_pod(self, pod_id: str, project_id: str, group_ids: list[str]) -> None:
        wish = {"region_name": self._regions.pod(pod_id).region_name, "security_group_ids": sorted(group_ids)}
        view = self._regions.central().request("POST", "/regional-views", json={"regional_view": wish})["regional_view"]
        deleted = sorted(set(group_ids) - {group["id"] for group in view["security_groups"]})
        copies = {
            "security_groups": view["security_groups"],
            "address_groups": view["address_groups"],
            "deleted_ids": deleted,
        }
        self._regions.local(pod_id).request(
            "PUT", f"/security-group-copies/{project_id}", json={"security_group_copy": copies}
        )
        if deleted:
            self._database.write(
                lambda session: routings_db.remove(
                    session, top_ids=deleted, pod_id=pod_id, resource_type=ResourceType.SECURITY_GROUP
                )
            )
