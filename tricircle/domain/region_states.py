"""Whether the Neutron of a region answers Tricircle, as its workers see it together."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# Seconds for which what was seen last stands without being written again, if it is still so.
REFRESH_SECONDS = 60
# Seconds after which nobody knows any more: no worker has seen anything of it since.
STALE_SECONDS = 300
# What is kept of an error.
MAX_ERROR = 1000


class Reach(StrEnum):
    """UP: it answers Tricircle's own requests. UNREACHABLE: it does not. UNKNOWN: nobody has asked of late."""

    UP = "up"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RegionState:
    """What is known of one region. Times are UTC, by the database's clock; None: never.

    `since`: from when on it is so. `last_error` is the latest, also of a region that answers again. `checked_at`: when
    somebody saw it so for the last time.
    """

    state: Reach = Reach.UNKNOWN
    since: datetime | None = None
    last_heard_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    checked_at: datetime | None = None


NOTHING_KNOWN = RegionState()


def shown(known: RegionState, now: datetime) -> RegionState:
    """What may be said at this time: what nobody has seen for long is unknown, since it was seen last."""
    if known.checked_at is None or now - known.checked_at < timedelta(seconds=STALE_SECONDS):
        return known
    return replace(known, state=Reach.UNKNOWN, since=known.checked_at)


def seen(known: RegionState, error: str | None, now: datetime) -> RegionState | None:
    """What is known after a request: `error` says why there was no answer, None that there was one.

    None: it is no news, and what is known is fresh enough.
    """
    before, state = shown(known, now), Reach.UP if error is None else Reach.UNREACHABLE
    is_fresh = known.checked_at is not None and now - known.checked_at < timedelta(seconds=REFRESH_SECONDS)
    if before.state is state and is_fresh:
        return None
    after = replace(before, state=state, since=before.since if before.state is state else now, checked_at=now)
    if error is None:
        return replace(after, last_heard_at=now)
    return replace(after, last_error=error[:MAX_ERROR], last_error_at=now)
