"""What the local plugin tells its mechanism driver of one call of the real plugin, which knows nothing of it.

The driver works inside the real plugin's transactions; the request's context is all that reaches it there.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

_ATTRIBUTE = "tricircle_marks"


@dataclasses.dataclass(frozen=True, slots=True)
class Marks:
    """``made``: copies that come into being with the call (id → central's revision). ``written``: copies into which the
    call writes what central says as of a revision; the call fails if a later one is in them already. ``told``: central
    knows of the change and need not hear of it. ``rests``: the copy is emptied, as its object lives elsewhere.
    ``released``: the region gives up what is deleted, which is no deletion at central's.
    """

    made: Mapping[str, int | None] = dataclasses.field(default_factory=dict)
    written: Mapping[str, int] = dataclasses.field(default_factory=dict)
    told: bool = False
    rests: bool = False
    released: bool = False


_NONE = Marks()


def of(context: Any) -> Marks:
    """The marks of the call that is running with this context."""
    marks: Marks = getattr(context, _ATTRIBUTE, _NONE)
    return marks


@contextlib.contextmanager
def on(context: Any, **marks: Any) -> Iterator[Any]:
    """Mark the calls inside; fields of ``Marks``."""
    before = of(context)
    setattr(context, _ATTRIBUTE, Marks(**marks))
    try:
        yield context
    finally:
        setattr(context, _ATTRIBUTE, before)
