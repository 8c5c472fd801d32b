"""Audits in a region: all copies are shown to central in a few requests, and central has repaired what differs."""

import logging
from typing import Any

from tricircle.db.neutron import copies, incarnations
from tricircle.domain.wire import AuditPage, ShownCopy
from tricircle.network import exceptions
from tricircle.network.local import capabilities
from tricircle.network.local.central_client import Central
from tricircle.network.local.reports import Reporter
from tricircle.plans.audits import UNKNOWN_REVISION

LOG = logging.getLogger(__name__)

# Copies in one request: bounds what central reads for it.
BATCH_SIZE = 2000
# Seconds from the end of an audit to the next, and those after which one is anybody's to begin anew.
INTERVAL = 600
LEASE = 600


def run(context: Any, central: Central, reporter: Reporter, lives: int = 2) -> None:
    """One audit of everything that this region has, if it is time, and no other server of the region has it made.

    In a new life of the database central first hears of all that runs here. A database that turns out to be from a
    backup begins a new life, and is audited again; in ``lives`` lives at most.

    :raises CentralUnavailable: the next one does it.
    """
    begun = incarnations.begin_audit(context, LEASE)
    if begun is None:
        return
    incarnation, number = begun
    try:
        if number == 1:
            reporter.tell_everything()
        is_own = _show(context, central, incarnation, number)
    except Exception:
        incarnations.give_up_audit(context, incarnation)
        raise
    if is_own:
        incarnations.end_audit(context, incarnation, number, INTERVAL)
        return
    LOG.warning("This region's database is from a backup, or not the one that spoke last: it begins a new life")
    incarnations.renew(context, incarnation)
    if lives > 1:
        run(context, central, reporter, lives - 1)


def _show(context: Any, central: Central, incarnation: str, number: int) -> bool:
    """Show all copies; False if central has heard of a later state of this database, or of another one, since."""
    marker, more = "", True
    while more:
        batch = copies.page(context, marker, BATCH_SIZE)
        more = len(batch) == BATCH_SIZE
        until = batch[-1].resource_id if more else ""
        page: AuditPage = {
            "incarnation": incarnation,
            "number": number,
            "after": marker,
            "until": until,
            "copies": [_shown(row) for row in batch],
        }
        if not marker:
            page["capabilities"] = capabilities.current()
        try:
            answer = central.audit(page)
        except exceptions.OutdatedIncarnation:
            return False
        if answer["restored"]:
            return False
        if answer["unknown_ids"]:
            LOG.warning("Central Neutron does not know copies of this region: %s", ", ".join(answer["unknown_ids"]))
        marker = until
    return True


def _shown(row: Any) -> ShownCopy:
    revision = UNKNOWN_REVISION if row.revision is None else row.revision
    return {"id": row.resource_id, "resource_type": row.resource_type, "revision": revision}
