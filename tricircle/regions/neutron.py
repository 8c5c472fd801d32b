"""A Neutron server, central's or a region's, over HTTP."""

import logging
from collections.abc import Mapping
from typing import Any

import tenacity
from keystoneauth1 import exceptions as ks_exc

from tricircle.domain import leases
from tricircle.regions import errors

LOG = logging.getLogger(__name__)

UNAVAILABLE = frozenset({502, 503, 504})
# Requests that may be sent again after a failure of which nobody knows how far the server came.
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})

Json = dict[str, Any]


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
    ) -> Json:
        """Send one request to ``/v2.0`` + ``path``; answers the body, ``{}`` where there is none.

        With ``token`` the request is its owner's. ``vouch``: Tricircle's own token goes along as service token, which
        may open to the owner what is else for services.

        :raises RegionUnavailableError: no answer, or none that counts.
        :raises RegionError: the server says no; ``code`` says which no.
        :raises tricircle.domain.errors.LeaseLost: this is a job's work, and another may do it by now.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: self._may_repeat(method, error)),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=tenacity.wait_exponential(multiplier=0.2, max=2),
            before_sleep=self._read_catalog_again,
            reraise=True,
        )
        return retrying(self._send, method, path, json=json, params=params, token=token, vouch=vouch)

    def _read_catalog_again(self, state: tenacity.RetryCallState) -> None:
        """Before the second try: the catalogue is as old as the token, so get a new one."""
        if self._refresh and state.attempt_number == 1:
            self._session.invalidate()

    @staticmethod
    def _may_repeat(method: str, error: BaseException) -> bool:
        return isinstance(error, errors.RegionUnavailableError) and method in IDEMPOTENT

    def _send(
        self,
        method: str,
        path: str,
        *,
        json: Json | None,
        params: Mapping[str, Any] | None,
        token: str | None,
        vouch: bool,
    ) -> Json:
        headers = {"Accept": "application/json"}
        leases.check()
        try:
            headers["X-Auth-Token"] = token or self._session.get_token()
            if token is not None and vouch:
                headers["X-Service-Token"] = self._session.get_token()
            response = self._session.request(
                f"{self._base()}/v2.0{path}",
                method,
                json=json,
                params=params,
                headers=headers,
                authenticated=False,
                raise_exc=False,
                connect_retries=0,
                timeout=self._timeout,
            )
        except (ks_exc.ConnectionError, ks_exc.AuthPluginException, ks_exc.HttpError, ks_exc.CatalogException) as error:
            raise errors.RegionUnavailableError(f"{self.name} does not answer: {error}") from error
        if response.status_code == 401 and token is None:
            self._session.invalidate()
            raise errors.RegionUnavailableError(f"{self.name} does not accept Tricircle's token")
        if response.status_code in UNAVAILABLE:
            raise errors.RegionUnavailableError(f"{self.name} does not answer: HTTP {response.status_code}")
        if response.status_code >= 400:
            raise errors.RegionError(response.status_code, *_words(response))
        body: Json = response.json() if response.content else {}
        return body

    def _base(self) -> str:
        if self._endpoint:
            return self._endpoint
        url = self._session.get_endpoint(**self._filter)
        if not url:
            raise errors.RegionUnavailableError(f"{self.name} has no network service in the Keystone catalogue")
        return str(url).rstrip("/").removesuffix("/v2.0")


def _words(response: Any) -> tuple[str, str]:
    """Neutron's own message and name of the error: ``{"NeutronError": {"message", "type"}}``.

    Keystone middleware and WSGI servers answer in other shapes.
    """
    try:
        error = response.json().get("NeutronError")
    except (ValueError, AttributeError):
        error = None
    if isinstance(error, dict):
        return str(error.get("message") or error), str(error.get("type") or "")
    return str(error or response.text or f"HTTP {response.status_code}"), ""
