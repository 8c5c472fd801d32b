"""Ports that a step left half-way: made for a part of a central router, and joined to nothing.

A step that the region refuses takes its port away at once; what a crash leaves would keep its network for ever.
"""

import logging
import time
from typing import Any

from tricircle.db.neutron import ports

LOG = logging.getLogger(__name__)

# Seconds for which such a port is left alone: whoever has made it is about to join it.
_YOUNG = 60


class Leftovers:
    """Looks for them now and then, in one process of the region."""

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is the region's core plugin."""
        self._plugin = plugin
        self._seen: dict[str, float] = {}

    def sweep(self, admin: Any) -> None:
        """Delete what has been there for a minute."""
        now = time.monotonic()
        self._seen = {port_id: self._seen.get(port_id, now) for port_id in ports.half_joined(admin)}
        for port_id in [port_id for port_id, since in self._seen.items() if now - since >= _YOUNG]:
            LOG.warning("Port %s was left half-way by a change of a router, and is deleted", port_id)
            self._plugin.delete_port(admin, port_id, l3_port_check=False)
