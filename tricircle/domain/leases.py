"""The lease under which work is done: whoever has lost it stops writing, as another may do the same work by now."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tricircle.domain.errors import LeaseLost


class Lease:
    """Holds until a moment of this process's monotonic clock, which never is later than what the database has."""

    def __init__(self, until: float) -> None:
        self._until = until

    def extend(self, until: float) -> None:
        """Hold longer."""
        self._until = until

    def end(self) -> None:
        """Hold no more."""
        self._until = 0.0

    def check(self) -> None:
        """Raise LeaseLost unless it holds."""
        if time.monotonic() >= self._until:
            raise LeaseLost("The lease of this work has ended")


_current: ContextVar[Lease | None] = ContextVar("tricircle_lease", default=None)


@contextmanager
def working_under(lease: Lease) -> Iterator[None]:
    """Bind what the block does to a lease. Threads that the block starts need its context (`contextvars`)."""
    token = _current.set(lease)
    try:
        yield
    finally:
        _current.reset(token)


def check() -> None:
    """Raise LeaseLost if what runs here is bound to a lease that holds no more: called before each request."""
    lease = _current.get()
    if lease is not None:
        lease.check()
