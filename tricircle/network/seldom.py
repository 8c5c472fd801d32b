"""What is worth saying, but not each time."""

import threading
import time
from collections.abc import Hashable

SECONDS = 60

_lock = threading.Lock()
_last: dict[Hashable, float] = {}


def is_due(key: Hashable) -> bool:
    """Whether it is a minute since somebody in this process was told so for the same key, of which there are few."""
    now = time.monotonic()
    with _lock:
        due = now - _last.get(key, -SECONDS) >= SECONDS
        if due:
            _last[key] = now
    return due
