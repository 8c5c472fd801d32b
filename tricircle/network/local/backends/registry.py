"""Which backends there are, and which one a region has."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any

from tricircle.network.local.backends import none, ovs
from tricircle.network.local.backends.base import Backend

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Declaration:
    """One backend. A region has it that has loaded one of ``mechanism_drivers`` (names in ``[ml2] mechanism_drivers``).

    ``make`` is called with the region's core plugin, before servers fork.
    """

    mechanism_drivers: frozenset[str]
    make: Callable[[Any], Backend]


# By name. To add one is to add a line.
BACKENDS: dict[str, Declaration] = {
    "ovs": Declaration(frozenset({"openvswitch", "l2population"}), ovs.OvsBackend),
}


def choose(plugin: Any, mechanism_drivers: Sequence[str]) -> Backend:
    """The backend that the loaded mechanism drivers mean; of several the first driver's."""
    fitting = [
        name for driver in mechanism_drivers for name, known in BACKENDS.items() if driver in known.mechanism_drivers
    ]
    if not fitting:
        LOG.error(
            "None of the mechanism drivers %s is one of a backend that Tricircle knows (%s): no VXLAN network of this "
            "region is joined with other regions; everything else works",
            list(mechanism_drivers),
            "; ".join(f"{name}: {', '.join(sorted(known.mechanism_drivers))}" for name, known in BACKENDS.items()),
        )
        return none.NoBackend()
    others = sorted(set(fitting) - {fitting[0]})
    if others:
        LOG.warning("The mechanism drivers are of several backends: %s is used, and not %s", fitting[0], others)
    return BACKENDS[fitting[0]].make(plugin)


def loaded_drivers(plugin: Any) -> list[str]:
    """Names of the mechanism drivers of a core plugin, in the operator's order; none, if it is not ML2."""
    manager = getattr(plugin, "mechanism_manager", None)
    return [driver.name for driver in manager.ordered_mech_drivers] if manager else []
