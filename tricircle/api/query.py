"""Queries: what stands behind the question mark."""

from collections.abc import Set as AbstractSet

import webob

from tricircle.domain.errors import Invalid

_FLAGS = {"true": True, "false": False}


def parse(request: webob.Request, names: AbstractSet[str]) -> dict[str, str]:
    """The query's values. Raises Invalid for a name that is not among `names`, or is repeated."""
    given: dict[str, str] = {}
    for name, value in request.GET.items():
        if name not in names:
            raise Invalid(f"{name}: there is no such name in the query; there are {', '.join(sorted(names))}")
        if name in given:
            raise Invalid(f"{name}: given more than once")
        given[name] = value
    return given


def parse_flag(request: webob.Request, name: str) -> bool:
    """The one flag of a query that has nothing else; False where it is not given. Raises Invalid."""
    return read_flag(name, parse(request, {name}).get(name, "false"))


def read_flag(name: str, text: str) -> bool:
    """A flag as a query has it. Raises Invalid."""
    if text not in _FLAGS:
        raise Invalid(f"{name}: {text!r} is neither true nor false")
    return _FLAGS[text]
