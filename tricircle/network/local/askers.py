"""Who asks: the request that Neutron's policy engine judges, and nobody where Neutron acts by itself.

The policy engine looks up parents of what it judges with contexts of its own (an administrator's, or one of a bare
project), and the thread's current context is whichever was made last: ``oslo_messaging``'s notifier makes one without
token for every request. So neither of them says who asks. What does is the context that the engine is called with.
"""

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any

from tricircle.network import neutron_internals

_JUDGED: contextvars.ContextVar[Any] = contextvars.ContextVar("tricircle_judged", default=None)
# Of a request's context, and of its copies: the actions that the policies have allowed it.
_ALLOWED = "tricircle_allowed"


@functools.cache
def prepare() -> None:
    """Have the policy engine say whose request it judges. For plugins, when they are made."""
    neutron_internals.wrap_policies(_judging, lambda enforce: _noting(_judging(enforce)))


def _judging(decide: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(decide)
    def judge(context: Any, *args: Any, **kwargs: Any) -> Any:
        with _judged(context):
            return decide(context, *args, **kwargs)

    return judge


def _noting(enforce: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(enforce)
    def note(context: Any, action: str, *args: Any, **kwargs: Any) -> Any:
        answer = enforce(context, action, *args, **kwargs)
        setattr(context, _ALLOWED, getattr(context, _ALLOWED, frozenset()) | {action})
        return answer

    return note


@contextlib.contextmanager
def _judged(context: Any) -> Iterator[None]:
    before = _JUDGED.set(context)
    try:
        yield
    finally:
        _JUDGED.reset(before)


def nobody() -> contextlib.AbstractContextManager[None]:
    """Inside nobody asks: what is looked up there is what is here."""
    return _judged(None)


def asker(context: Any) -> Any:
    """The context whose token a lookup may use."""
    judged = _JUDGED.get()
    return judged if judged is not None and not context.auth_token else context


def is_judged() -> bool:
    """Whether it is the policy engine that looks something up: what it needs, the request needs."""
    return _JUDGED.get() is not None


def is_by_itself(context: Any, action: str) -> bool:
    """Whether Neutron's own code does ``action`` (``create_port``) as a part of something else.

    A router's gateway, say, that a member asks for: no policy is asked for that port, and the member could not make it.
    """
    return bool(context.auth_token) and action not in getattr(context, _ALLOWED, frozenset())
