"""The call in progress, as Tricircle's own code tells itself of it past Neutron's, which hands on the context alone."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

_ATTRIBUTE = "tricircle_call_info"


@dataclasses.dataclass
class Batch:
    """Changes, by number, that several transactions of one call have committed, and that are delivered together."""

    numbers: list[int] = dataclasses.field(default_factory=list)
    is_open: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class CallInfo:
    """What holds for a call, and for the calls inside it, until they return.

    At central: ``reported_by``: the region that told of what is changed, and need not hear of it again. ``batch``:
    where changes wait for the end of the call: see ``Outbox.together``.
    """

    reported_by: str | None = None
    batch: Batch | None = None


_NOTHING = CallInfo()


def of(context: Any) -> CallInfo:
    """What holds for the call that is running with this context, or with one that was copied from it inside."""
    info: CallInfo = getattr(context, _ATTRIBUTE, _NOTHING)
    return info


@contextlib.contextmanager
def on(context: Any, **info: Any) -> Iterator[Any]:
    """Have these fields of ``CallInfo`` hold for the calls inside, beside what holds already; answers the context."""
    before = of(context)
    setattr(context, _ATTRIBUTE, dataclasses.replace(before, **info))
    try:
        yield context
    finally:
        setattr(context, _ATTRIBUTE, before)
