"""Copies of central's networks, subnets and security groups follow central alone.

A tenant who changes one in a region is sent to central. Administrators and services may: that is how Tricircle itself
keeps the copies equal.
"""

from collections.abc import Collection
from typing import Any

from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies
from tricircle.network import exceptions
from tricircle.network.local.read_through import ReadThrough

Json = dict[str, Any]


class Guard(ReadThrough):
    """The real plugin's changes of what ports need. A tenant's change of a copy raises ``ManagedByCentral``."""

    def update_network(self, context: Any, id: str, network: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Network", id, "update")
        return super().update_network(context, id, network)

    def delete_network(self, context: Any, id: str) -> None:
        """As the real plugin."""
        self._refuse_tenant(context, "Network", id, "delete")
        subnets = super().get_subnets(context.elevated(), filters={"network_id": [id]}, fields=["id"])
        super().delete_network(context, id)
        self._forget(context, [id, *(subnet["id"] for subnet in subnets)])

    def create_subnet(self, context: Any, subnet: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Network", subnet["subnet"]["network_id"], "add a subnet to")
        return super().create_subnet(context, subnet)

    def create_subnet_bulk(self, context: Any, subnets: Json) -> list[Json]:
        """As the real plugin."""
        for network_id in {item["subnet"]["network_id"] for item in subnets["subnets"]}:
            self._refuse_tenant(context, "Network", network_id, "add subnets to")
        return super().create_subnet_bulk(context, subnets)

    def update_subnet(self, context: Any, id: str, subnet: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Subnet", id, "update")
        return super().update_subnet(context, id, subnet)

    def delete_subnet(self, context: Any, id: str) -> None:
        """As the real plugin."""
        self._refuse_tenant(context, "Subnet", id, "delete")
        super().delete_subnet(context, id)
        self._forget(context, [id])

    def update_security_group(self, context: Any, id: str, security_group: Json) -> Json:
        """As the real plugin."""
        self._refuse_tenant(context, "Security group", id, "update")
        return super().update_security_group(context, id, security_group)

    def delete_security_group(self, context: Any, id: str) -> None:
        """As the real plugin."""
        self._refuse_tenant(context, "Security group", id, "delete")
        super().delete_security_group(context, id)
        self._forget(context, [id])

    def create_security_group_rule(self, context: Any, security_group_rule: Json) -> Json:
        """As the real plugin."""
        group_id = security_group_rule["security_group_rule"]["security_group_id"]
        self._refuse_tenant(context, "Security group", group_id, "add a rule to")
        return super().create_security_group_rule(context, security_group_rule)

    def create_security_group_rule_bulk(self, context: Any, security_group_rules: Json) -> list[Json]:
        """As the real plugin."""
        rules = [item["security_group_rule"] for item in security_group_rules["security_group_rules"]]
        for group_id in {rule["security_group_id"] for rule in rules}:
            self._refuse_tenant(context, "Security group", group_id, "add rules to")
        return super().create_security_group_rule_bulk(context, security_group_rules)

    def delete_security_group_rule(self, context: Any, id: str) -> None:
        """As the real plugin."""
        with db_api.CONTEXT_READER.using(context):
            rule = context.session.get(sg_models.SecurityGroupRule, id)
            group_id = rule.security_group_id if rule is not None else None
        if group_id:
            self._refuse_tenant(context, "Security group", group_id, "delete a rule of")
        super().delete_security_group_rule(context, id)

    def _refuse_tenant(self, context: Any, resource: str, id: str, action: str) -> None:
        if self._central is None or context.is_admin or context.is_service_role:
            return
        if copies.is_copy(context, id):
            raise exceptions.ManagedByCentral(resource=resource, id=id, action=action)

    def _forget(self, context: Any, ids: Collection[str]) -> None:
        """The copies may be fetched again, unless they are buried."""
        if self._central is not None and not db_api.is_session_active(context.session):
            copies.forget(context, ids)
