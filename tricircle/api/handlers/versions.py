"""GET / and GET /v1.0."""

from typing import Any

import webob

from tricircle.api.context import Call

_COLLECTIONS = ("pods", "routings", "jobs")


def list_(call: Call) -> dict[str, Any]:
    """The versions of the API."""
    return {"versions": [_version(call.request)]}


def show(call: Call) -> dict[str, Any]:
    """This version, and where its collections are."""
    base = call.request.application_url.rstrip("/")
    collections = [{"rel": name, "href": f"{base}/v1.0/{name}"} for name in _COLLECTIONS]
    return {"version": _version(call.request), "links": collections}


def _version(request: webob.Request) -> dict[str, Any]:
    href = f"{request.application_url.rstrip('/')}/v1.0"
    return {"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}
