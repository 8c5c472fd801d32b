"""A Neutron server, central's or a region's, over HTTP."""

import logging
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any

import tenacity
from keystoneauth1 import exceptions as ks_exc

from tricircle.domain import leases, requests
from tricircle.domain.jsons import Json
from tricircle.regions import errors, tokens

LOG = logging.getLogger(__name__)

UNAVAILABLE = frozenset({502, 503, 504})
# Requests that may be sent again after a failure of which nobody knows how far the server came.
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
# Seconds for a connection: a host that is up takes or refuses it at once.
CONNECT_SECONDS = 2
# Seconds between two readings of the catalogue because some server does not answer.
_REFRESH_SECONDS = 60


class Neutron:
    """Requests to one Neutron server, with Tricircle's own credentials or with a user's token.

    :param session: a keystoneauth1 ``Session`` with Tricircle's credentials.
    :param region_name: the server's region in the catalogue.
    :param endpoint: URL of the server, instead of the catalogue's.
    :param timeout: seconds for one request.
    :param interfaces: endpoint interfaces to look for, best first.
    :param attempts: how often a request that may be repeated is sent in all.
    :param refresh: whether the catalogue is read again when a server does not answer: it may have moved.
    """

    def __init__(
        self,
        session: Any,
        region_name: str | None,
        *,
        endpoint: str | None = None,
        timeout: int = 60,
        interfaces: tuple[str, ...] = ("internal", "public"),
        attempts: int = 3,
        refresh: bool = True,
    ) -> None:
        """Nothing is sent yet."""
        self._session = session
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._filter = {"service_type": "network", "interface": list(interfaces), "region_name": region_name}
        self._timeout = timeout
        self._attempts = attempts
        self._refresh = refresh and not endpoint
        self.name = region_name or endpoint or "Neutron"

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        params: Mapping[str, Any] | None = None,
        token: str | None = None,
        vouch: bool = True,
        repeatable: bool = False,
    ) -> Json:
        """Send one request to ``/v2.0`` + ``path``; answers the body, ``{}`` where there is none.

        With ``token`` the request is its owner's. ``vouch``: Tricircle's own token goes along as service token, which
        may open to the owner what is else for services. ``repeatable``: this POST does no harm if it is done twice.

        The server's log shows for which request it is sent, where that is known: see ``domain.requests``.

        What is not Neutron's own answer counts as none: a proxy's error page says nothing of Neutron's objects.

        :raises RegionUnavailableError: no answer, or none that counts.
        :raises RegionRefusedError: the server says no, and will say so again.
        :raises RegionError: the server says no; ``code`` says which no, ``kind`` Neutron's name for it.
        :raises tricircle.domain.errors.LeaseLost: this is a job's work, and another may do it by now.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_pass),
            stop=tenacity.stop_after_attempt(self._attempts if repeatable or method in IDEMPOTENT else 1),
            wait=tenacity.wait_exponential(multiplier=0.2, max=2),
            before_sleep=self._read_catalog_again,
            reraise=True,
        )
        return retrying(self._send, method, path, json=json, params=params, token=token, vouch=vouch)

    def probe(self, timeout: float) -> bool:
        """Whether the server answers anything at all within so many seconds."""
        try:
            self._session.request(
                f"{self._base()}/",
                "GET",
                headers={"Accept": "application/json"},
                authenticated=False,
                raise_exc=False,
                connect_retries=0,
                timeout=(timeout, timeout),
            )
        except (ks_exc.ClientException, errors.RegionUnavailableError):
            return False
        return True

    def _read_catalog_again(self, state: tenacity.RetryCallState) -> None:
        if self._refresh and state.attempt_number == 1 and _refreshes.is_due(self._session):
            _read_catalog(self._session)

    def _send(self, method: str, path: str, *, token: str | None, vouch: bool, **content: Any) -> Json:
        response, ours = self._exchange(method, path, token=token, vouch=vouch, **content)
        # Our own token may have been revoked: a password was set, a role taken away. Nothing has been done yet.
        if response.status_code == 401 and ours and tokens.renewals.renew(self._session, self.name, ours):
            response, _ = self._exchange(method, path, token=token, vouch=vouch, **content)
            if response.status_code != 401:
                tokens.renewals.helped(self._session, self.name)
        if response.status_code == 401:
            if token is None:
                raise errors.RegionTokenError(f"{self.name} does not accept Tricircle's token")
            raise errors.RegionError(401, f"{self.name} does not accept the token", "Unauthorized")
        return self._read(response)

    def _exchange(
        self, method: str, path: str, *, token: str | None, vouch: bool, **content: Any
    ) -> tuple[Any, str | None]:
        """The response, and Tricircle's own token, if it went along."""
        headers: dict[str, str | None] = {"Accept": "application/json", **requests.headers()}
        leases.check()
        try:
            ours = str(self._session.get_token()) if token is None or vouch else None
            headers["X-Auth-Token"] = token or str(ours)
            if token is not None and ours is not None:
                headers["X-Service-Token"] = ours
            response = self._session.request(
                f"{self._base()}/v2.0{path}",
                method,
                headers=headers,
                authenticated=False,
                raise_exc=False,
                connect_retries=0,
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                **content,
            )
        except (ks_exc.ConnectionError, ks_exc.AuthPluginException, ks_exc.HttpError, ks_exc.CatalogException) as error:
            raise errors.RegionUnavailableError(f"{self.name} does not answer: {error}") from error
        return response, ours

    def _read(self, response: Any) -> Json:
        """Neutron's answer: a JSON object; of an error, one that has ``NeutronError``."""
        status = response.status_code
        if status == 413:  # whoever on the way says so: it is the request that is judged, and no object
            raise errors.refusal(413, f"{self.name} does not take a body of that size: see [oslo_middleware] there")
        body = _parse(response)
        error = body.get("NeutronError") if body is not None else None
        if body is None or (status >= 300 and not error):
            raise errors.RegionUnavailableError(f"{self.name} does not answer: HTTP {status} that is not Neutron's")
        if status in UNAVAILABLE:
            message, kind = _words(error)
            raise errors.RegionUnavailableError(f"{self.name} is not fit to answer: {message}", kind)
        if status >= 400:
            raise errors.refusal(status, *_words(error))
        return body

    def _base(self) -> str:
        if self._endpoint:
            return self._endpoint
        url = self._session.get_endpoint(**self._filter)
        if not url:
            raise errors.RegionUnavailableError(f"{self.name} has no network service in the Keystone catalogue")
        return str(url).rstrip("/").removesuffix("/v2.0")


def _may_pass(error: BaseException) -> bool:
    """Whether the same request may be answered in a moment."""
    return isinstance(error, errors.RegionUnavailableError) and not isinstance(error, errors.RegionTokenError)


def _parse(response: Any) -> Json | None:
    """The JSON object of a response; None where there is something else, ``{}`` where there is nothing."""
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _words(error: Any) -> tuple[str, str]:
    """Neutron's own message and name of the error: ``{"message", "type"}``; of old, a mere text."""
    if isinstance(error, dict):
        return str(error.get("message") or error), str(error.get("type") or "")
    return str(error), ""


class _Refreshes:
    """When catalogues were read again last, by session, which threads share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()

    def is_due(self, session: Any) -> bool:
        """Whether it is time; who is told so does it."""
        now = time.monotonic()
        with self._lock:
            if now - self._last.get(session, -_REFRESH_SECONDS) < _REFRESH_SECONDS:
                return False
            self._last[session] = now
        return True


_refreshes = _Refreshes()


def _read_catalog(session: Any) -> None:
    try:
        tokens.read_again(session)
    except ks_exc.ClientException as error:
        LOG.warning("The Keystone catalogue could not be read again: %s", error)
