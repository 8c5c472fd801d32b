"""What a region has of Tricircle's own is not shown: companions of rules with a remote group, copies that are parked.

To whoever comes with a token, be it a tenant or an administrator, the region shows what central shows. Agents have
none, and must find everything; so must Tricircle's own code here, which works without (``copies.unasking``).
"""

import contextlib
from typing import Any

from neutron.db import models_v2
from neutron.db.models import address_group as ag_models
from neutron.db.models import securitygroup as sg_models

from tricircle.db.neutron import copies
from tricircle.domain.jsons import Json
from tricircle.network import call_info, neutron_internals
from tricircle.network._real_plugin import RealPlugin
from tricircle.plans import group_members


def hide() -> None:
    """Let nothing of Tricircle's own be shown by this process from now on."""
    neutron_internals.filter_reads(models_v2.Port, "parked", _without_parked)
    neutron_internals.filter_reads(sg_models.SecurityGroupRule, "companions", _without_companions)
    neutron_internals.filter_reads(ag_models.AddressGroup, "members", _without_members)


def _is_shown_to(context: Any) -> bool:
    """Whether what is found is for somebody outside."""
    return bool(getattr(context, "auth_token", None))


def _without_parked(context: Any, model: Any, query: Any) -> Any:
    return query.filter(~copies.is_parked(model.id)) if _is_shown_to(context) else query


def _without_companions(context: Any, model: Any, query: Any) -> Any:
    hides = call_info.here().hides_companions or _is_shown_to(context)
    return query.filter(model.id.not_like(group_members.LIKE_OURS)) if hides else query


def _without_members(context: Any, model: Any, query: Any) -> Any:
    return query.filter(model.id.not_like(group_members.LIKE_OURS)) if _is_shown_to(context) else query


def _hiding(context: Any) -> contextlib.AbstractContextManager[None]:
    """Neutron reads rules with a context of its own, which has no token: inside, they are for this one."""
    return call_info.around(hides_companions=_is_shown_to(context))


class Hidden(RealPlugin):
    """The real plugin's reads of security groups and rules."""

    def get_security_group(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin."""
        return _shown(context, super().get_security_group(context, id, *args, **kwargs))

    def get_security_groups(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin."""
        return [_shown(context, group) for group in super().get_security_groups(context, *args, **kwargs)]

    def get_security_group_rule(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin."""
        with _hiding(context):
            return super().get_security_group_rule(context, id, *args, **kwargs)

    def get_security_group_rules(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin."""
        with _hiding(context):
            return super().get_security_group_rules(context, *args, **kwargs)


def _shown(context: Any, group: Json) -> Json:
    if not _is_shown_to(context) or "security_group_rules" not in group:
        return group
    return {**group, "security_group_rules": group_members.visible(group["security_group_rules"])}
