"""Ids of requests, as OpenStack's services pass them on to each other: ``req-`` and a UUID.

A tenant's request to central becomes jobs, and these become requests to central and to regions. All of them carry the
id of the first (``RequestContext.global_id``), so that one id finds all lines about it in the logs of every server.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# In which a request says for which other one it is made; oslo.middleware has it become the ``global_request_id``.
HEADER = "X-Openstack-Request-Id"
# Characters of an id.
LENGTH = 40
_FORM = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_current: ContextVar[str | None] = ContextVar("tricircle_request", default=None)


def known(*ids: str | None) -> tuple[str, ...]:
    """Those that other services take for ids of requests, each once."""
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ and _FORM.fullmatch(id_)))


def merged(*groups: Iterable[str]) -> tuple[str, ...]:
    """The ids of several groups, each once, in the order in which they come."""
    return tuple(dict.fromkeys(id_ for group in groups for id_ in group))


@contextmanager
def made_for(request_id: str | None) -> Iterator[None]:
    """Have what the block asks of other servers carry this id. Threads that it starts need its context."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def headers() -> dict[str, str]:
    """What a request that is sent now says of the one for which it is made; nothing if that has no known id."""
    ids = known(_current.get())
    return {HEADER: ids[0]} if ids else {}
