"""Who asks: the request that Neutron's policy engine judges, and nobody where Neutron acts by itself.

The policy engine looks up parents of what it judges with contexts of its own (an administrator's, or one of a bare
project), and the thread's current context is whichever was made last: ``oslo_messaging``'s notifier makes one without
token for every request. So neither of them says who asks. What does is the context that the engine is called with.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from tricircle.network import call_info, neutron_internals


@functools.cache
def prepare() -> None:
    """Have the policy engine say whose request it judges. For plugins, when they are made."""
    neutron_internals.wrap_policies(_judging, lambda enforce: _noting(_judging(enforce)))


def _judging(decide: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(decide)
    def judge(context: Any, *args: Any, **kwargs: Any) -> Any:
        with call_info.around(judged=context):
            return decide(context, *args, **kwargs)

    return judge


def _noting(enforce: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(enforce)
    def note(context: Any, action: str, *args: Any, **kwargs: Any) -> Any:
        answer = enforce(context, action, *args, **kwargs)
        call_info.allow(context, action)
        return answer

    return note


def nobody() -> contextlib.AbstractContextManager[None]:
    """Inside nobody asks: what is looked up there is what is here."""
    return call_info.around(judged=None)


def asker(context: Any) -> Any:
    """The context whose token a lookup may use."""
    judged = call_info.here().judged
    return judged if judged is not None and not context.auth_token else context


def is_judged() -> bool:
    """Whether it is the policy engine that looks something up: what it needs, the request needs."""
    return call_info.here().judged is not None


def is_by_itself(context: Any, action: str) -> bool:
    """Whether Neutron's own code does ``action`` (``create_port``) as a part of something else.

    A router's gateway, say, that a member asks for: no policy is asked for that port, and the member could not make it.
    """
    return bool(context.auth_token) and action not in call_info.of(context).allowed
