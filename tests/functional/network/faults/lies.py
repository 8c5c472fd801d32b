"""What a server is made to answer in another's place.

Pure: from a request, the true answer and those of before, the answer that is given.
"""

import dataclasses
import json
import re
from enum import StrEnum
from typing import Any

NONCE = re.compile(rb'"nonce": ?"([^"]*)"')
# What differs between two requests that ask for the same.
OF_THE_MOMENT = frozenset({"nonce", "changes"})


class Lie(StrEnum):
    """Ways to answer wrongly. ``STALE``: as before the last write. ``REPLAYED``: the answer to an earlier request."""

    BARE_404 = "bare 404"
    HTML_404 = "HTML 404"
    FOREIGN_404 = "foreign 404"
    BAD_GATEWAY = "502"
    EMPTY = "empty object"
    LOGIN_PAGE = "login page"
    RESET = "reset"
    HANG = "hang"
    TRUNCATED = "truncated"
    STALE = "stale"
    REPLAYED = "replayed"


# These pass the request on, and answer otherwise.
PASSED_ON = frozenset({Lie.TRUNCATED, Lie.STALE})
# These need something to have been answered before.
REMEMBERING = frozenset({Lie.STALE, Lie.REPLAYED})


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and body of an HTTP answer."""

    status: int
    kind: str
    body: bytes


_HTML = "<html><body><h1>{}</h1></body></html>"
_INVENTED = {
    Lie.BARE_404: Answer(404, "text/plain", b""),
    Lie.HTML_404: Answer(404, "text/html", _HTML.format("404 Not Found").encode()),
    Lie.FOREIGN_404: Answer(404, "application/json", b'{"error": {"code": 404, "message": "no route"}}'),
    Lie.BAD_GATEWAY: Answer(502, "text/html", _HTML.format("502 Bad Gateway").encode()),
    Lie.EMPTY: Answer(200, "application/json", b"{}"),
    Lie.LOGIN_PAGE: Answer(200, "text/html", _HTML.format("Log in").encode()),
}


def invented(lie: Lie) -> Answer | None:
    """What is answered by those lies that need to know nothing."""
    return _INVENTED.get(lie)


def key(method: str, path: str, body: bytes) -> str:
    """The same for requests that ask for the same."""
    try:
        asked = _lasting(json.loads(body or b"{}"))
    except ValueError:
        asked = body.hex()
    return f"{method} {path} {json.dumps(asked, sort_keys=True)}"


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(part) for name, part in value.items() if name not in OF_THE_MOMENT}
    return [_lasting(part) for part in value] if isinstance(value, list) else value


def as_if_to(request: bytes, answer: Answer) -> Answer:
    """An earlier answer, as the server itself would give it again: with what this request has for it to repeat."""
    nonces = iter(NONCE.findall(request))
    body = NONCE.sub(lambda old: b'"nonce": "' + next(nonces, old[1]) + b'"', answer.body)
    return dataclasses.replace(answer, body=body)
