"""Open vSwitch agents with ``l2population``, and L3 agents."""

from tricircle.network.local.backends.ovs.backend import OvsBackend

__all__ = ["OvsBackend"]
