"""What an API process of Neutron has ready before it serves.

Neutron makes its policy rules with the first request, and other requests at that moment meet a part of them: they are
refused what they may do. Regions ask many at a time, and their users would be told of it.
"""

from typing import Any

from neutron_lib.callbacks import events, registry, resources

from tricircle.network import neutron_internals


def prepare() -> None:
    """Have the rules made when the process has everything that they speak of. For plugins, when they are made."""
    registry.subscribe(_make_rules, resources.PROCESS, events.AFTER_INIT)


def _make_rules(*_: Any, **__: Any) -> None:
    neutron_internals.make_policy_rules()
