"""What a region has of Tricircle's own is not shown: companions of rules with a remote group, copies that rest."""

from typing import Any

from neutron.db import models_v2
from neutron.extensions import securitygroup as sg_ext
from neutron_lib.db import model_query

from tricircle.db.neutron import copies
from tricircle.network._real_plugin import RealPlugin
from tricircle.reconcile import group_members

Json = dict[str, Any]


def hide_resting_ports() -> None:
    """Whoever asks this process for ports from now on, is not shown those that live in another region and rest here."""
    model_query.register_hook(models_v2.Port, "tricircle_resting", _without_resting, None)


def _without_resting(context: Any, model: Any, query: Any) -> Any:
    # Only a user's or service's request has a token; agents, and what we do ourselves, must find them.
    return query.filter(~copies.rests(model.id)) if getattr(context, "auth_token", None) else query


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
