"""What can go wrong on the way to a Neutron server, told apart by class and HTTP code, never by text."""

from tricircle.domain.errors import TricircleError


class RegionError(TricircleError):
    """A Neutron server refused a request.

    ``code`` is the HTTP status, ``message`` the server's own words, ``kind`` its name for the error (``OverQuota``), by
    which Neutron's clients tell errors apart; empty where it gave none.
    """

    def __init__(self, code: int, message: str, kind: str = "") -> None:
        """Keep what the server said."""
        super().__init__(message)
        self.kind = kind
        self.code = code  # type: ignore[misc] # of each answer, not of the class


class RegionUnavailableError(RegionError):
    """The server, or Keystone on the way to it, does not answer, or is not fit to (502, 503, 504)."""

    def __init__(self, message: str, kind: str = "") -> None:
        """Like any server that cannot serve: 503. ``kind`` where the server itself says so."""
        super().__init__(503, message, kind)


class RegionTokenError(RegionUnavailableError):
    """The server accepts no token of Tricircle's, not even a new one: its operator has something to do."""


class RegionSlowError(RegionUnavailableError):
    """The server answers, but so slowly that no further request of this process waits for it."""
