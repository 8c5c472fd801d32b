"""States of floating IPs at central: what the region says in which they are, and DOWN where no region has them.

Neutron's own rows: ``update_floatingip_status`` reads each before.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api

from tricircle.domain.jsons import Json


@db_api.retry_if_session_inactive(context_var_name="context")
def apply(context: Any, states: Iterable[Json]) -> None:
    """Write what a region reports ({"id", "status"}); of one that is associated no more, nothing."""
    row = l3_models.FloatingIP
    with db_api.CONTEXT_WRITER.using(context):
        for state in sorted(states, key=lambda state: str(state["id"])):
            changed = sa.update(row).where(row.id == state["id"], row.router_id.is_not(None))
            context.session.execute(changed.values(status=state["status"]).execution_options(synchronize_session=False))


def clear(context: Any, ids: Iterable[str]) -> None:
    """Have those of the floating IPs DOWN that are associated with nothing: in a single region an L3 agent does."""
    row = l3_models.FloatingIP
    with db_api.CONTEXT_WRITER.using(context):
        for id_ in sorted(ids):
            changed = sa.update(row).where(row.id == id_, row.router_id.is_(None))
            context.session.execute(
                changed.values(status=constants.FLOATINGIP_STATUS_DOWN).execution_options(synchronize_session=False)
            )


def of_port(context: Any, port_id: str) -> list[str]:
    """Ids of the floating IPs that are associated with a port."""
    row = l3_models.FloatingIP
    with db_api.CONTEXT_READER.using(context):
        return list(context.session.scalars(sa.select(row.id).where(row.fixed_port_id == port_id)))
