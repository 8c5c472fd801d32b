"""What of security groups and address groups somebody uses in a region, as its own database has it."""

from typing import Any

import sqlalchemy as sa
from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api

from tricircle.db.neutron import uses
from tricircle.db.neutron.models import Copy


def groups(context: Any) -> set[str]:
    """The security groups of the ports that are here, and all that their rules name."""
    binding = sg_models.SecurityGroupPortBinding
    with db_api.CONTEXT_READER.using(context):
        direct = set(context.session.scalars(sa.select(binding.security_group_id).distinct()))
        return uses.closure(context, direct)[0]


def is_named(context: Any, address_group_id: str) -> bool:
    """Whether some rule names the address group."""
    rule = sg_models.SecurityGroupRule
    query = sa.select(rule.id).where(rule.remote_address_group_id == address_group_id).limit(1)
    with db_api.CONTEXT_READER.using(context):
        return context.session.scalar(query) is not None


def unnamed_copies(context: Any) -> list[str]:
    """Copies of address groups that no rule names any more."""
    rule = sg_models.SecurityGroupRule
    named = sa.exists().where(rule.remote_address_group_id == Copy.resource_id)
    query = sa.select(Copy.resource_id).where(Copy.resource_type == "address_group", Copy.deleted_at.is_(None), ~named)
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(query))
