"""One shape for every error: {"error": {"code", "message", "request_id"}}."""

import http
import logging

import webob
from keystoneauth1 import exceptions as ks_exc
from oslo_db import exception as db_exc
from oslo_policy import policy
from oslo_serialization import jsonutils

from tricircle.domain.errors import TricircleError

LOG = logging.getLogger(__name__)

_OWN = "tricircle.error"


def response(request: webob.Request, code: int, message: str, headers: dict[str, str] | None = None) -> webob.Response:
    """An error's answer."""
    error = {"code": code, "message": message, "request_id": request.environ.get("openstack.request_id", "")}
    request.environ[_OWN] = True
    answer = webob.Response(
        status=code,
        content_type="application/json",
        charset="UTF-8",
        body=jsonutils.dump_as_bytes({"error": error}),
    )
    answer.headers.update(headers or {})
    return answer


def from_exception(request: webob.Request, error: Exception) -> webob.Response:
    """The answer to what a handler raised; what nobody foresaw is logged and not told."""
    if isinstance(error, TricircleError):
        return response(request, error.code, error.message)
    if isinstance(error, policy.PolicyNotAuthorized | policy.InvalidScope):
        return response(request, 403, f"{error}")
    if isinstance(error, UnicodeError):
        return response(request, 400, f"A text that is no Unicode: {error}")
    if isinstance(error, db_exc.DBConnectionError):
        LOG.error("The database cannot be reached: %s", error)
        return response(request, 503, "The database cannot be reached")
    if isinstance(error, ks_exc.ClientException):
        LOG.error("Keystone cannot be asked: %s", error)
        return response(request, 503, "Keystone cannot be asked")
    LOG.error("Unexpected error", exc_info=error)
    return response(request, 500, "Unexpected error; its request_id is in the log")


class ErrorShape:
    """WSGI middleware that gives the errors of other middleware (a body too large, Keystone down) the shape, too."""

    def __init__(self, application: object) -> None:
        self._application = application

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Pass the request on."""
        try:
            answer = request.get_response(self._application)
        except ks_exc.ClientException as error:  # keystonemiddleware foresees some of Keystone's failures only
            return from_exception(request, error)
        if answer.status_int < 400 or request.environ.get(_OWN) or request.environ.get("PATH_INFO") == "/healthcheck":
            return answer
        headers = {name: value for name, value in answer.headers.items() if name in {"WWW-Authenticate", "Retry-After"}}
        return response(request, answer.status_int, _words(answer.status_int), headers)


def _words(code: int) -> str:
    return "A Keystone token is needed" if code == 401 else http.HTTPStatus(code).phrase
