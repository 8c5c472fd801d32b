"""Tricircle's own token, which all threads of a process share: renewed without being taken from anybody."""

import logging
import threading
import time
import weakref
from typing import Any

from keystoneauth1 import exceptions as ks_exc
from keystoneauth1.identity import BaseIdentityPlugin

LOG = logging.getLogger(__name__)

# Seconds in which a token is renewed once at most because one and the same server does not accept it.
AGAIN_SECONDS = 60.0


class Renewals:
    """Renewals of the tokens of sessions. Safe to share among threads.

    A server's 401 may mean that the token was revoked, as when a password was set: then a new one helps everybody. It
    may also mean that this one server accepts none, and must not have all others' requests wait for Keystone each time.
    So the old token stays until there is a new one, threads that were refused at once get the same new one, and a
    server that accepts that one neither has none renewed for a minute.
    """

    def __init__(self) -> None:
        """Nothing is renewed yet."""
        self._lock = threading.Lock()
        self._known: weakref.WeakKeyDictionary[Any, tuple[threading.Lock, dict[str, float]]]
        self._known = weakref.WeakKeyDictionary()

    def renew(self, session: Any, server: str, refused: str) -> bool:
        """See that the session has another token than ``refused``; whether it has.

        :param server: the name of the server that does not accept it.
        """
        lock, renewed = self._of(session)
        try:
            with lock:
                if session.get_token() != refused:
                    return True  # for another thread, meanwhile
                now = time.monotonic()
                if now - renewed.get(server, -AGAIN_SECONDS) < AGAIN_SECONDS:
                    return False
                renewed[server] = now
                return _renew(session)
        except ks_exc.ClientException as error:
            LOG.warning("Tricircle's token, which %s does not accept, could not be renewed: %s", server, error)
            return False

    def helped(self, session: Any, server: str) -> None:
        """The server accepts the new token: the next 401 is one of its own."""
        _, renewed = self._of(session)
        renewed.pop(server, None)

    def _of(self, session: Any) -> tuple[threading.Lock, dict[str, float]]:
        with self._lock:
            if session not in self._known:
                self._known[session] = threading.Lock(), {}
            return self._known[session]


renewals = Renewals()


def read_again(session: Any) -> None:
    """Get a new token, as the catalogue comes with it. Other threads go on with the old one meanwhile.

    :raises keystoneauth1.exceptions.ClientException: Keystone gives none; the old one stays.
    """
    auth = session.auth
    if isinstance(auth, BaseIdentityPlugin):
        auth.auth_ref = auth.get_auth_ref(session)


def _renew(session: Any) -> bool:
    if not isinstance(session.auth, BaseIdentityPlugin):
        return bool(session.invalidate())
    read_again(session)
    return True
