"""What the user sees while the lab works, and the tables at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.status import Status
from rich.table import Table


class Reporter:
    """Lines with the seconds since the start; on a terminal also a last line with what is being waited for."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._status: Status | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def done(self, what: str) -> None:
        with self._lock:
            self.console.print(f"{self.seconds:6.1f} s  {what}", markup=False)

    def waiting_for(self, names: Sequence[str]) -> None:
        """Show what is under way (on a terminal only)."""
        if not self.console.is_terminal:
            return
        shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        if self._status is None:
            self._status = self.console.status(shown)
            self._status.start()
        self._status.update(shown)

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> Table:
    made = Table(*columns, title=title, title_justify="left", header_style="bold")
    for row in rows:
        made.add_row(*row)
    return made
