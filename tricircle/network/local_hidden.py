"""What a region has of Tricircle's own is not shown to tenants: companions of rules with a remote group."""

from typing import Any

from neutron.extensions import securitygroup as sg_ext

from tricircle.network._real_plugin import RealPlugin
from tricircle.reconcile import group_members

Json = dict[str, Any]


class Hidden(RealPlugin):
    """The real plugin's reads of security groups and rules; who is no administrator sees what central shows."""

    def get_security_group(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin."""
        return _shown(context, super().get_security_group(context, id, *args, **kwargs))

    def get_security_groups(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin."""
        return [_shown(context, group) for group in super().get_security_groups(context, *args, **kwargs)]

    def get_security_group_rule(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin."""
        if not context.is_admin and group_members.is_ours(id):
            raise sg_ext.SecurityGroupRuleNotFound(id=id)
        return super().get_security_group_rule(context, id, *args, **kwargs)

    def get_security_group_rules(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin."""
        rules = super().get_security_group_rules(context, *args, **kwargs)
        return rules if context.is_admin else group_members.visible(rules)


def _shown(context: Any, group: Json) -> Json:
    if context.is_admin or "security_group_rules" not in group:
        return group
    return {**group, "security_group_rules": group_members.visible(group["security_group_rules"])}
