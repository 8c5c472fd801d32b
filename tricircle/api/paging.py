"""Queries of lists: filters, limit, marker, and the link to the next page."""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import webob

from tricircle.api import query
from tricircle.domain.errors import Invalid

T = TypeVar("T")

_DIGITS = 10  # a longer number is above any maximum, and Python refuses to read very long ones


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for."""

    filters: dict[str, str]
    limit: int
    marker: str | None


def parse(request: webob.Request, filters: AbstractSet[str], max_limit: int) -> Page:
    """Read the query. Raises Invalid for an unknown or repeated filter and for a limit that is no integer."""
    given = query.parse(request, filters | {"limit", "marker"})
    limit = _limit(given.pop("limit", None), max_limit)
    return Page(limit=limit, marker=given.pop("marker", None), filters=given)


def answer(
    request: webob.Request,
    page: Page,
    name: str,
    found: Sequence[T],
    *,
    show: Callable[[T], dict[str, Any]],
    marker: Callable[[T], str],
) -> dict[str, Any]:
    """The list `name`, of what was found with a limit of one more than the page's, and a link to the next page.

    `show` says how one of them is shown, `marker` how the page after one of them is asked for.
    """
    listed: dict[str, Any] = {name: [show(one) for one in found[: page.limit]]}
    if len(found) > page.limit:
        rest = urlencode({**page.filters, "limit": page.limit, "marker": marker(found[page.limit - 1])})
        listed[f"{name}_links"] = [{"rel": "next", "href": f"{request.path_url}?{rest}"}]
    return listed


def _limit(text: str | None, max_limit: int) -> int:
    """The maximum, unless the caller wants less; 0, and what is below it, is how old clients ask for all."""
    if text is None:
        return max_limit
    if not re.fullmatch("-?[0-9]+", text):
        raise Invalid(f"limit: {text!r} is no integer")
    digits = text.lstrip("0")
    wants_all = text.startswith("-") or not digits
    return max_limit if wants_all or len(digits) >= _DIGITS else min(int(digits), max_limit)
