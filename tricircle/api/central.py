"""Central Neutron, as the Admin API asks it: with Tricircle's own account."""

import functools
import logging
from typing import Any

from keystoneauth1.exceptions import MissingRequiredOptions
from oslo_config import cfg

from tricircle.conf import register_client_opts
from tricircle.db import pods
from tricircle.db.engine import Database
from tricircle.domain.errors import Conflict, NotFound, Unavailable
from tricircle.regions import paths
from tricircle.regions.auth import load_client_session
from tricircle.regions.errors import RegionError, RegionUnavailableError
from tricircle.regions.neutron import Neutron

LOG = logging.getLogger(__name__)

# Whoever waits for the answer can ask again.
_ATTEMPTS = 2


class Central:
    """Safe to share among threads. Every method raises Unavailable where central Neutron gives no answer."""

    def __init__(self, conf: cfg.ConfigOpts, database: Database) -> None:
        """Nothing is sent or read before the first question, and [client] needs no credentials until then."""
        register_client_opts(conf)
        self._conf = conf
        self._database = database

    def has(self, collection: str, id_: str) -> bool:
        """Whether there is an object of this id in a collection of central's API, or was one until of late."""
        return self._lists(collection, id=id_, fields="id") or self._lists("tombstones", id=id_)

    def rename_region(self, name: str, new_name: str) -> None:
        """Have what central knows under a region's name known under another; done twice, it is as if done once.

        Raises Conflict if central refuses the new name.
        """
        renamed = {"regional_pod": {"region_name": new_name}}
        try:
            self._request("PUT", paths.path("regional-pods", name), json=renamed)
        except RegionError as error:
            if error.code in {400, 409}:
                raise Conflict(f"region_name: central Neutron does not take {new_name}: {error.message}") from error
            raise _unavailable(f"it answers {error.code}: {error.message}") from error

    def _lists(self, collection: str, **query: str) -> bool:
        try:
            found = self._request("GET", f"/{collection}", params=query).get(collection.rpartition("/")[2])
        except RegionError as error:
            raise _unavailable(f"it answers {error.code} for {collection}: {error.message}") from error
        if not isinstance(found, list):
            raise _unavailable(f"its answer has no {collection}")
        return any(isinstance(one, dict) and one.get("id") == query["id"] for one in found)

    def _request(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """The body of central's answer. Raises RegionError if it is a no."""
        neutron = self._neutron()
        try:
            return neutron.request(method, path, **content)
        except RegionUnavailableError as error:
            LOG.error("%s %s at central Neutron: %s", method, path, error)
            raise _unavailable(f"{neutron.name} does not answer") from error

    def _neutron(self) -> Neutron:
        options = self._conf.client
        return Neutron(
            self._session,
            options.top_region_name or self._region_of_central_pod(),
            timeout=options.neutron_timeout,
            interfaces=tuple(options.valid_interfaces),
            attempts=_ATTEMPTS,
            refresh=options.auto_refresh_endpoint,
        )

    @functools.cached_property
    def _session(self) -> Any:
        try:
            return load_client_session(self._conf)
        except MissingRequiredOptions as error:
            raise _unavailable(f"[client] needs credentials: {error}") from error

    def _region_of_central_pod(self) -> str:
        try:
            with self._database.reader() as session:
                return pods.get_central(session).region_name
        except NotFound:
            raise _unavailable("there is no central pod (openstack multiregion networking pod create …)") from None


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(f"Central Neutron cannot be asked, so that nothing was changed: {reason}")
