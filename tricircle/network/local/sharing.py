"""Address groups of central's, and who may use its objects, follow central alone, as networks do: see ``Guard``."""

from typing import Any

from tricircle.network.local.guard import Guard

Json = dict[str, Any]


class Sharing(Guard):
    """The real plugin's changes of address groups and RBAC entries.

    A tenant's change of central's raises ``ManagedByCentral``.
    """

    def update_address_group(self, context: Any, id: str, address_group: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Address group", id, "update")
        return super().update_address_group(context, id, address_group)

    def delete_address_group(self, context: Any, id: str) -> None:
        """As the real plugin."""
        self._refuse_tenant(context, "Address group", id, "delete")
        super().delete_address_group(context, id)
        self._forget(context, [id])

    def add_addresses(self, context: Any, address_group_id: str, addresses: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Address group", address_group_id, "add addresses to")
        return super().add_addresses(context, address_group_id, addresses)

    def remove_addresses(self, context: Any, address_group_id: str, addresses: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Address group", address_group_id, "remove addresses from")
        return super().remove_addresses(context, address_group_id, addresses)

    def create_rbac_policy(self, context: Any, rbac_policy: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Object", rbac_policy["rbac_policy"]["object_id"], "share")
        return super().create_rbac_policy(context, rbac_policy)

    def update_rbac_policy(self, context: Any, id: str, rbac_policy: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Object", self._shared_object(context, id), "share")
        return super().update_rbac_policy(context, id, rbac_policy)

    def delete_rbac_policy(self, context: Any, id: str) -> None:
        """As the real plugin."""
        self._refuse_tenant(context, "Object", self._shared_object(context, id), "stop sharing")
        super().delete_rbac_policy(context, id)

    def _shared_object(self, context: Any, rbac_id: str) -> str:
        """Id of the object that an RBAC entry shares."""
        return str(self.get_rbac_policy(context, rbac_id)["object_id"])

    def onboard_network_subnets(self, context: Any, subnetpool_id: str, network_info: Json) -> Any:
        """As the real plugin."""
        self._refuse_tenant(context, "Network", network_info["network_id"], "onboard the subnets of")
        return super().onboard_network_subnets(context, subnetpool_id, network_info)
