"""The WSGI application that follows the route table."""

from typing import Any

import routes
import webob
import webob.dec
from oslo_context.context import RequestContext
from oslo_serialization import jsonutils

from tricircle.api import errors
from tricircle.api.context import Accepted, Call, Services
from tricircle.api.operations import OPERATIONS

# As they come: a server may say "" for the root.
PUBLIC_PATHS = ("", *(path for path, methods in OPERATIONS.items() if any(done.public for done in methods.values())))


class Router:
    """Finds a request's handler and turns what it returns or raises into the answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._map = routes.Mapper()
        for path in OPERATIONS:
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
        matched, route = self._map.routematch(path) or ({}, None)
        methods = {} if route is None else OPERATIONS[route.name]
        public = any(operation.public for operation in methods.values())
        # Set by keystonemiddleware, or by the mode without authentication, whatever the caller has sent.
        if request.environ.get("HTTP_X_IDENTITY_STATUS") != "Confirmed" and not public:
            return errors.response(request, 401, "A Keystone token is needed")
        if route is None:
            return errors.response(request, 404, f"There is no {path}")
        if request.method not in methods:
            allowed = ", ".join(sorted(methods))
            return errors.response(request, 405, f"{path} takes {allowed}", {"Allow": allowed})
        variables = {name: value for name, value in matched.items() if name not in {"action", "controller"}}
        call = Call(request, RequestContext.from_environ(request.environ), self._services)
        operation = methods[request.method]
        answer = operation.handler(call, **variables)
        return _response(202 if isinstance(answer, Accepted) else operation.status, answer)


def _response(status: int, answer: dict[str, Any]) -> webob.Response:
    body = jsonutils.dump_as_bytes(answer)
    return webob.Response(status=status, content_type="application/json", charset="UTF-8", body=body)
