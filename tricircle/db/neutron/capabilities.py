"""What regions have told central that they can do, in central Neutron's database."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from oslo_serialization import jsonutils

from tricircle.db.neutron.models import RegionCapabilities


def of(context: Any, pod_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Names of capabilities by pod id; a region that has never told is left out."""
    row = RegionCapabilities
    with db_api.CONTEXT_READER.using(context):
        found = context.session.execute(sa.select(row.pod_id, row.names).where(row.pod_id.in_(pod_ids))).all()
    return {str(pod_id): frozenset(jsonutils.loads(names)) for pod_id, names in found}


def tell(context: Any, pod_id: str, names: Iterable[str], pod_ids: Collection[str]) -> bool:
    """Record what the region of a pod can do; whether that is news. What it told before is nothing to write.

    With news the rows of pods go that are none of ``pod_ids`` any more.
    """
    wanted = frozenset(names)
    if of(context, [pod_id]).get(pod_id) == wanted:
        return False
    _write(context, pod_id, jsonutils.dumps(sorted(wanted)), pod_ids)
    return True


@db_api.retry_if_session_inactive()
def _write(context: Any, pod_id: str, names: str, pod_ids: Collection[str]) -> None:
    """Two at once: the second meets the first's row, and begins anew."""
    row = RegionCapabilities
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(sa.delete(row).where(row.pod_id.not_in({*pod_ids, pod_id})))
        mine = sa.update(row).where(row.pod_id == pod_id).values(names=names)
        if not context.session.execute(mine.execution_options(synchronize_session=False)).rowcount:
            context.session.execute(sa.insert(row).values(pod_id=pod_id, names=names))
