"""States of regions: what a worker's requests tell of them, kept in the database for whoever asks."""

import functools
import logging
import random
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from keystoneauth1 import exceptions as ks_exc
from oslo_db import exception as db_exc

from tricircle.db import region_states
from tricircle.db.engine import Database
from tricircle.domain.region_states import REFRESH_SECONDS
from tricircle.regions.errors import RegionError
from tricircle.regions.protocols import NeutronServer

LOG = logging.getLogger(__name__)

# Seconds between two looks at what was seen; and between two writes of one region's state by one process.
TICK_SECONDS = 1.0
PAUSE_SECONDS = 5.0
# A region of which no worker has seen anything for so long is asked; so many at a time.
UNSEEN_SECONDS = REFRESH_SECONDS * 1.5
LOOK_SECONDS = 15.0
MAX_ASKING = 8


class Servers(Protocol):
    """The Neutron servers of regions: see `pods.Regions`."""

    def named(self, region_name: str) -> NeutronServer:
        """That of a region."""


@dataclass(frozen=True, slots=True)
class _Written:
    """That a region was seen to answer, or not, at this time of the monotonic clock."""

    answered: bool
    at: float


class RegionStates:
    """Keeps what the requests of one process tell of regions. Safe to share among threads.

    `see` only remembers; one thread writes, when a region has become another, and else once a minute. A region that no
    worker asks is asked by that thread's helpers, so that its state is known also while it has no jobs.
    """

    def __init__(self, database: Database) -> None:
        """Nothing is read, written or asked before `start`."""
        self._database = database
        self._lock = threading.Lock()
        self._news: dict[str, str | None] = {}
        self._written: dict[str, _Written] = {}
        self._asking: set[str] = set()
        self._stopping = threading.Event()

    def see(self, region_name: str, error: str | None) -> None:
        """A request to a region was answered (`error` None), or why not. Neither blocks nor raises."""
        with self._lock:
            self._news[region_name] = error

    def start(self, servers: Servers) -> None:
        """Begin to write, and to ask; returns at once."""
        threading.Thread(target=self._run, args=(servers,), name="states", daemon=True).start()

    def stop(self) -> None:
        """End soon; nobody need wait."""
        self._stopping.set()

    def _run(self, servers: Servers) -> None:
        look_at = 0.0
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self.write()
                if time.monotonic() >= look_at:
                    look_at = time.monotonic() + LOOK_SECONDS * (0.5 + random.random())  # noqa: S311 - not in step
                    self.look(servers)
            except db_exc.DBError as error:
                LOG.warning("States of regions could not be kept: %s", error)
            except Exception:  # the thread must live on
                LOG.exception("States of regions could not be kept")

    def write(self) -> None:
        """Write what is news, or due to be refreshed. Raises oslo_db.exception.DBError."""
        with self._lock:
            # What is neither is dropped: it tells of a moment, and must not pass for what is seen later.
            self._news = {name: error for name, error in self._news.items() if not self._is_known(name, error)}
            due = [(name, error) for name, error in self._news.items() if self._may_write(name)]
        for name, error in due:
            self._database.write(functools.partial(region_states.note, region_name=name, error=error))
            with self._lock:
                self._written[name] = _Written(error is None, time.monotonic())

    def _is_known(self, name: str, error: str | None) -> bool:
        known = self._written.get(name)
        if known is None or known.answered != (error is None):
            return False
        return time.monotonic() - known.at < REFRESH_SECONDS

    def _may_write(self, name: str) -> bool:
        known = self._written.get(name)
        return known is None or time.monotonic() - known.at >= PAUSE_SECONDS

    def look(self, servers: Servers) -> None:
        """Ask regions that nobody has asked for long, each in a thread of its own. Raises oslo_db.exception.DBError."""
        with self._database.reader() as session:
            names = region_states.unseen(session, UNSEEN_SECONDS)
        with self._lock:
            names = [name for name in names if name not in self._asking][: MAX_ASKING - len(self._asking)]
            self._asking.update(names)
        for name in names:
            threading.Thread(target=self._ask, args=(servers, name), name="asking-state", daemon=True).start()

    def _ask(self, servers: Servers, name: str) -> None:
        """What comes of it `see` hears: the server tells it, as of each request."""
        try:
            servers.named(name).request("GET", "/")
        except RegionError as error:
            LOG.debug("Region %s: %s", name, error)
        except ks_exc.ClientException as error:
            self.see(name, f"Keystone, or the credentials of [client]: {error}")
        finally:
            with self._lock:
                self._asking.discard(name)
