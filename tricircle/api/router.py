"""The route table, and the WSGI application that follows it."""

from collections.abc import Callable
from typing import Any

import routes
import webob
import webob.dec
from oslo_context.context import RequestContext
from oslo_serialization import jsonutils

from tricircle.api import errors
from tricircle.api.context import Call, Services
from tricircle.api.handlers import jobs, pods, routings, versions

Handler = Callable[..., dict[str, Any]]

ROUTES: dict[str, dict[str, Handler]] = {
    "/": {"GET": versions.list_},
    "/v1.0": {"GET": versions.show},
    "/v1.0/pods": {"GET": pods.list_, "POST": pods.create},
    "/v1.0/pods/{pod_id}": {"GET": pods.show, "DELETE": pods.delete},
    "/v1.0/routings": {"GET": routings.list_},
    "/v1.0/routings/{routing_id}": {"GET": routings.show},
    "/v1.0/jobs": {"GET": jobs.list_},
    "/v1.0/jobs/detail": {"GET": jobs.list_},
    "/v1.0/jobs/schemas": {"GET": jobs.list_schemas},
    "/v1.0/jobs/{job_id}": {"GET": jobs.show},
}

# Answered without a token.
PUBLIC = frozenset({"/"})


class Router:
    """Finds a request's handler and turns what it returns or raises into the answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._map = routes.Mapper()
        for path in ROUTES:
            self._map.connect(path, path)

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Answer one request."""
        try:
            return self._answer(request)
        except Exception as error:  # the outermost: whatever it is, the caller gets an error of the common shape
            return errors.from_exception(request, error)

    def _answer(self, request: webob.Request) -> webob.Response:
        path = request.path_info.rstrip("/") or "/"
        # Set by keystonemiddleware, or by the mode without authentication, whatever the caller has sent.
        if request.environ.get("HTTP_X_IDENTITY_STATUS") != "Confirmed" and path not in PUBLIC:
            return errors.response(request, 401, "A Keystone token is needed")
        found = self._map.routematch(path)
        if found is None:
            return errors.response(request, 404, f"There is no {path}")
        matched, route = found
        methods = ROUTES[route.name]
        if request.method not in methods:
            allowed = ", ".join(sorted(methods))
            return errors.response(request, 405, f"{path} takes {allowed}", {"Allow": allowed})
        variables = {name: value for name, value in matched.items() if name not in {"action", "controller"}}
        call = Call(request, RequestContext.from_environ(request.environ), self._services)
        return _response(methods[request.method](call, **variables))


def _response(answer: dict[str, Any]) -> webob.Response:
    return webob.Response(content_type="application/json", charset="UTF-8", body=jsonutils.dump_as_bytes(answer))
