"""What can go wrong on the way to a Neutron server, told apart by class and HTTP code, never by text."""

from tricircle.domain.errors import Doubtful, Permanent, TricircleError

# HTTP codes by which a server judges the form of a request: the same one, sent again, gets the same answer. What is
# named neither here nor below may pass: an object may still come (404) or go (409), a role be given or a token renewed
# (401, 403), a server be less busy (408, 423, 425, 429), be upgraded or mended (5xx).
MALFORMED = frozenset({405, 406, 411, 413, 414, 415, 422, 431})
# So its API calls a body that it does not understand, before any plugin has looked at it.
_NOT_UNDERSTOOD = "HTTPBadRequest"
# A plugin's 400 is about the values, or about what else is there just now: a subnet overlaps one that is about to go.
BAD_REQUEST = 400
# Neutron's names for those of them that are about nothing else, and so pass with it: a router's network is not external
# yet, say (`BadRequest`, Neutron's catch-all), the subnet of an address has not come, a region is just being renamed.
_PASSING = frozenset(
    {
        "BadRequest",
        "ExternalIpAddressExhausted",
        "InvalidIpForNetwork",
        "InvalidIpForSubnet",
        "UnknownRegion",
    }
)


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


class RegionRefusedError(RegionError, Permanent):
    """A Neutron server refused a request which it will refuse again, as long as neither it nor central changes."""


class RegionObjectionError(RegionError, Doubtful):
    """A Neutron server has refused values (400): for good, unless what else is there was in their way."""


class RegionUnavailableError(RegionError):
    """The server, or Keystone on the way to it, does not answer, or is not fit to (502, 503, 504)."""

    def __init__(self, message: str, kind: str = "") -> None:
        """Like any server that cannot serve: 503. ``kind`` where the server itself says so."""
        super().__init__(503, message, kind)


class RegionTokenError(RegionUnavailableError):
    """The server accepts no token of Tricircle's, not even a new one: its operator has something to do."""


class RegionSlowError(RegionUnavailableError):
    """The server answers, but so slowly that no further request of this process waits for it."""


def refusal(code: int, message: str, kind: str = "") -> RegionError:
    """The error for a server's answer of this HTTP status, by whether trying again can help."""
    if code in MALFORMED or (code == BAD_REQUEST and kind == _NOT_UNDERSTOOD):
        return RegionRefusedError(code, message, kind)
    if code == BAD_REQUEST and kind not in _PASSING:
        return RegionObjectionError(code, message, kind)
    return RegionError(code, message, kind)
