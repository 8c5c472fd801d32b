"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable


def eventually(condition: Callable[..., bool], seconds: float = 30) -> None:
    """Return when the condition holds; at most ``seconds`` later, it has to."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.02)
