"""How times are written."""

from datetime import UTC, datetime


def write(time: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, as OpenStack's services write it: 2026-11-22T00:37:51.964012Z."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")
