"""Ages of rows that have ascending numbers and no times."""

import time
from collections.abc import Callable


class AgeTracker:
    """Tells which rows have been there for some time, by the newest number at each look."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` answers seconds."""
        self._clock = clock
        self._looks: list[tuple[float, int]] = []

    def older_than(self, newest: int, age: float) -> int:
        """Note the newest number of now; answers that of a look at least ``age`` seconds ago, 0 if there was none."""
        now = self._clock()
        self._looks.append((now, newest))
        old = [number for moment, number in self._looks if now - moment >= age]
        self._looks = self._looks[max(len(old) - 1, 0) :]
        return old[-1] if old else 0
