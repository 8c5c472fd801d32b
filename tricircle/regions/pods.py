"""Regions as jobs reach them: by pod, with Tricircle's own credentials."""

import functools
import sys
import threading
from typing import Any

from oslo_config import cfg

from tricircle.db import pods as pods_db
from tricircle.db.engine import Database
from tricircle.domain.pods import Pod
from tricircle.regions import auth
from tricircle.regions.neutron import Neutron
from tricircle.regions.watched import Observer, WatchedNeutron


class Regions:
    """The Neutron servers of all pods. Safe to share among threads."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        database: Database,
        max_waiting: int = sys.maxsize,
        observe: Observer = lambda *_: None,
    ) -> None:
        """Nothing is sent or read yet.

        ``max_waiting``: how many threads may wait for one slow server. ``observe`` is told of each request.
        """
        self._conf = conf
        self._database = database
        self._max_waiting = max_waiting
        self._observe = observe
        self._lock = threading.Lock()
        self._servers: dict[str, WatchedNeutron] = {}

    @functools.cached_property
    def _session(self) -> Any:
        return auth.load_client_session(self._conf)

    @property
    def vxlan_mode(self) -> str:
        """How networks of type vxlan are joined: ``[client] cross_pod_vxlan_mode``."""
        return str(self._conf.client.cross_pod_vxlan_mode)

    def pod(self, pod_id: str) -> Pod:
        """The pod of this id.

        :raises tricircle.domain.errors.NotFound: there is none; trying again changes nothing.
        """
        with self._database.reader() as session:
            return pods_db.get(session, pod_id)

    def central(self) -> WatchedNeutron:
        """Central Neutron."""
        region_name = self._conf.client.top_region_name
        if not region_name:
            with self._database.reader() as session:
                region_name = pods_db.get_central(session).region_name
        return self.named(region_name)

    def local(self, pod_id: str) -> WatchedNeutron:
        """The pod's Neutron."""
        return self.named(self.pod(pod_id).region_name)

    def named(self, region_name: str) -> WatchedNeutron:
        """The Neutron of a region: one for all threads, so that what one finds out of the server all know."""
        with self._lock:
            if region_name not in self._servers:
                made = WatchedNeutron(self._make(region_name), self._max_waiting, self._observe)
                self._servers[region_name] = made
            return self._servers[region_name]

    def _make(self, region_name: str) -> Neutron:
        return Neutron(
            self._session,
            region_name,
            timeout=self._conf.client.neutron_timeout,
            interfaces=tuple(self._conf.client.valid_interfaces),
            refresh=self._conf.client.auto_refresh_endpoint,
        )
