"""Audits in a region: all copies are shown to central in a few requests, and central has repaired what differs."""

import logging
from typing import Any

from tricircle.db.neutron import copies
from tricircle.network.local.central_client import Central
from tricircle.reconcile.audits import UNKNOWN_REVISION

LOG = logging.getLogger(__name__)

# Copies in one request: bounds what central reads for it.
BATCH_SIZE = 2000


def run(context: Any, central: Central) -> None:
    """One audit of everything that this region has.

    :raises CentralUnavailable: the next one does it.
    """
    marker, more = "", True
    while more:
        batch = copies.page(context, marker, BATCH_SIZE)
        more = len(batch) == BATCH_SIZE
        until = batch[-1].resource_id if more else ""
        answer = central.audit([_shown(row) for row in batch], after=marker, until=until)
        if answer["unknown_ids"]:
            LOG.warning("Central Neutron does not know copies of this region: %s", ", ".join(answer["unknown_ids"]))
        marker = until


def _shown(row: Any) -> dict[str, Any]:
    revision = UNKNOWN_REVISION if row.revision is None else row.revision
    return {"id": row.resource_id, "resource_type": row.resource_type, "revision": revision}
