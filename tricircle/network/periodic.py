"""What a Neutron server does now and then."""

import logging
from collections.abc import Callable

from neutron.worker import PeriodicWorker

LOG = logging.getLogger(__name__)


class Periodic(PeriodicWorker):  # type: ignore[misc]
    """Neutron's ``PeriodicWorker`` that goes on after an error, which it logs.

    Neutron's own is over with the first error, until the server starts anew: oslo.service ends a looping call that
    raises. A database that is away for a second is such an error.
    """

    def __init__(self, name: str, act: Callable[[], None], interval: float) -> None:
        """Calls ``act`` each ``interval`` seconds, first after as many, in one process of each server."""
        super().__init__(self._act, interval, interval, desc=f"tricircle {name}")
        self._name = name
        self._function = act

    def _act(self) -> None:
        try:
            self._function()
        except Exception:  # the loop must live on; the next turn finds what this one has left
            LOG.exception("Periodic work failed and is tried again: %s", self._name)
