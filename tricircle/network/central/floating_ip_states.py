"""States of floating IPs at central: what the region says in which they are, and DOWN where no region has them."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api

Json = dict[str, Any]


@db_api.retry_if_session_inactive(context_var_name="context")
def apply(context: Any, states: Iterable[Json]) -> None:
    """Write what a region reports ({"id", "status"}); of one that is associated no more, nothing."""
    row = l3_models.FloatingIP
    with db_api.CONTEXT_WRITER.using(context):
        for state in sorted(states, key=lambda state: str(state["id"])):
            changed = sa.update(row).where(row.id == state["id"], row.router_id.is_not(None))
            context.session.execute(changed.values(status=state["status"]).execution_options(synchronize_session=False))


def clear(context: Any) -> None:
    """Have floating IPs DOWN that are associated with nothing, as an L3 agent does in a single region."""
    row = l3_models.FloatingIP
    with db_api.CONTEXT_WRITER.using(context):
        idle = sa.select(row.id).where(row.router_id.is_(None), row.status != constants.FLOATINGIP_STATUS_DOWN)
        for id_ in context.session.scalars(idle).all():
            changed = sa.update(row).where(row.id == id_, row.router_id.is_(None))
            context.session.execute(
                changed.values(status=constants.FLOATINGIP_STATUS_DOWN).execution_options(synchronize_session=False)
            )
