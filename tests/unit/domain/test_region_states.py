"""What is known of a region after whatever its workers see."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.region_states import (
    MAX_ERROR,
    NOTHING_KNOWN,
    REFRESH_SECONDS,
    STALE_SECONDS,
    Reach,
    RegionState,
    seen,
    shown,
)

BEGIN = datetime(2026, 11, 29, tzinfo=UTC)
SIGHTINGS = st.lists(st.tuples(st.floats(0, 2 * STALE_SECONDS), st.none() | st.just("refused")), min_size=1)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


@given(sightings=SIGHTINGS)
def test_the_last_sighting_is_what_is_shown_and_writes_are_few(sightings: list[tuple[float, str | None]]) -> None:
    """A state lasts since the first of the sightings alike, unless nobody looked for long between them."""
    known, now, writes, changes, since = NOTHING_KNOWN, BEGIN, 0, 0, BEGIN
    before: Reach | None = None
    for seconds, error in sightings:
        now += timedelta(seconds=seconds)
        state, was = Reach.UP if error is None else Reach.UNREACHABLE, shown(known, now).state
        if was is not state:
            changes, since = changes + 1, now
        if (written := seen(known, error, now)) is not None:
            known, writes = written, writes + 1
        assert shown(known, now).state is state
        assert known.since == since
        assert known.checked_at is not None
        assert now - known.checked_at < timedelta(seconds=REFRESH_SECONDS)
        before = state
    assert before is shown(known, now).state
    assert changes <= writes <= changes + (now - BEGIN).total_seconds() / REFRESH_SECONDS


def test_what_nobody_has_seen_for_long_is_unknown_since_then() -> None:
    known = seen(NOTHING_KNOWN, None, BEGIN)
    assert known is not None
    assert shown(known, after(STALE_SECONDS - 1)) == known
    late = shown(known, after(STALE_SECONDS))
    assert (late.state, late.since, late.last_heard_at) == (Reach.UNKNOWN, BEGIN, BEGIN)
    again = seen(known, None, after(STALE_SECONDS))
    assert again is not None
    assert again.since == after(STALE_SECONDS)


def test_the_last_error_stays_for_who_asks_what_it_was() -> None:
    known = seen(NOTHING_KNOWN, "x" * 2 * MAX_ERROR, BEGIN)
    assert known is not None
    known = seen(known, None, after(1))
    assert known == RegionState(
        state=Reach.UP,
        since=after(1),
        last_heard_at=after(1),
        last_error="x" * MAX_ERROR,
        last_error_at=BEGIN,
        checked_at=after(1),
    )
