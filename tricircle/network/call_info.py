"""The call in progress, as Tricircle's own code tells itself of it across Neutron's, which hands on the context alone.

What holds for one call of a plugin is carried by the context that the call is made with (``on``, ``of``); a copy that
is made inside (``elevated``) carries it on. In two places Neutron makes a context of its own in the midst of a call;
what must reach beyond these is carried by the thread (``around``, ``here``):

- the policy engine looks up parents of what it judges with an administrator's context (``neutron.policy``);
- a security group's rules are read with one (``SecurityGroupDbMixin.get_security_group_rule``).
"""

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypedDict, Unpack

from tricircle.domain.jsons import Json

_ATTRIBUTE = "tricircle_call_info"

# Writes the row, or rows, that go with a port: gets the context whose transaction is open, and the port's dictionary.
# False: somebody else has what they say.
Write = Callable[[Any, Json], bool]


@dataclasses.dataclass
class Batch:
    """Changes, by number, that several transactions of one call have committed, and that are delivered together."""

    numbers: list[int] = dataclasses.field(default_factory=list)
    is_open: bool = True


class Fields(TypedDict, total=False):
    """What ``on`` takes: fields of ``CallInfo``."""

    reported_by: str | None
    batch: Batch | None
    bridge: tuple[str, int] | None
    reservation: Write | None
    hides_reservations: bool
    made: Mapping[str, int | None]
    written: Mapping[str, int]
    told: bool
    parks: bool
    released: bool
    identity: Mapping[str, str] | None
    lists_groups: bool


@dataclasses.dataclass(frozen=True, slots=True)
class CallInfo:
    """What holds for a call, and for the calls inside it, until they return.

    At central:

    - ``reported_by``: the region that told of what is changed, and need not hear of it again.
    - ``batch``: where changes wait for the end of the call; see ``Outbox.together``.
    - ``bridge``: the project and the number of the bridge network that is being made.
    - ``reservation``: what is to be written with the port that is being made, or changed.
    - ``hides_reservations``: ports are read for a tenant who asks for ports; what Neutron reads by the way must be all.

    In a region:

    - ``made``: copies that come into being (id → central's revision).
    - ``written``: copies into which is written what central says as of a revision; the call fails if a later one is in
      them already.
    - ``told``: central knows of the change and need not hear of it.
    - ``parks``: the copy is emptied, as its object lives elsewhere.
    - ``released``: the region gives up what is deleted, which is no deletion at central's.
    - ``identity``: what central has given beforehand (id, MAC) to the port that Neutron's own code creates.
    - ``lists_groups``: security groups, or rules, are listed; a list makes no default group for a project it names.
    - ``allowed``: the actions that the policies have allowed the request; see ``allow``.
    """

    reported_by: str | None = None
    batch: Batch | None = None
    bridge: tuple[str, int] | None = None
    reservation: Write | None = None
    hides_reservations: bool = False
    made: Mapping[str, int | None] = dataclasses.field(default_factory=dict)
    written: Mapping[str, int] = dataclasses.field(default_factory=dict)
    told: bool = False
    parks: bool = False
    released: bool = False
    identity: Mapping[str, str] | None = None
    lists_groups: bool = False
    allowed: frozenset[str] = frozenset()


_NOTHING = CallInfo()


def of(context: Any) -> CallInfo:
    """What holds for the call that is running with this context, or with one of which this is a copy."""
    info: CallInfo = getattr(context, _ATTRIBUTE, _NOTHING)
    return info


@contextlib.contextmanager
def on(context: Any, **info: Unpack[Fields]) -> Iterator[Any]:
    """Have these fields hold for the calls inside, beside what holds already; answers the context."""
    before = of(context)
    setattr(context, _ATTRIBUTE, dataclasses.replace(before, **info))
    try:
        yield context
    finally:
        restored = {name: getattr(before, name) for name in info}
        setattr(context, _ATTRIBUTE, dataclasses.replace(of(context), **restored))


def allow(context: Any, action: str) -> None:
    """Note, for as long as the request lasts, that the policies allow it ``action`` (``create_port``, say)."""
    info = of(context)
    setattr(context, _ATTRIBUTE, dataclasses.replace(info, allowed=info.allowed | {action}))


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for whatever runs in the thread, with whichever context.

    ``judged``: the context of the request that the policy engine judges. ``hides_companions``: rules are read for
    somebody outside, who sees none of Tricircle's own.
    """

    judged: Any = None
    hides_companions: bool = False


class SurroundingFields(TypedDict, total=False):
    """What ``around`` takes: fields of ``Surroundings``."""

    judged: Any
    hides_companions: bool


_NOWHERE = Surroundings()
_SURROUNDINGS: contextvars.ContextVar[Surroundings | None] = contextvars.ContextVar(
    "tricircle_surroundings", default=None
)


def here() -> Surroundings:
    """What holds in this thread."""
    return _SURROUNDINGS.get() or _NOWHERE


@contextlib.contextmanager
def around(**fields: Unpack[SurroundingFields]) -> Iterator[None]:
    """Have these fields of ``Surroundings`` hold inside, beside what holds already."""
    token = _SURROUNDINGS.set(dataclasses.replace(here(), **fields))
    try:
        yield
    finally:
        _SURROUNDINGS.reset(token)
