"""Waiting for what comes about by itself a little later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60


def until(question: Callable[..., Any], wanted: Any, patience: float = PATIENCE) -> None:
    """Ask until the answer is as wanted; fail, showing the last one, after `patience` seconds.

    Between two questions is twice the time that one takes: the servers are there for others, too.
    """
    deadline = time.monotonic() + patience
    asked = time.monotonic()
    while (answer := question()) != wanted:
        assert time.monotonic() < deadline, f"{answer} is not {wanted}"
        time.sleep(max(0.5, 2 * (time.monotonic() - asked)))
        asked = time.monotonic()
