# ruff: noqa: N818 - errors are named as OpenStack names them: NotFound, Conflict
"""What can go wrong, told apart by class.

`code` is the HTTP status that the Admin API answers; a message names the field or the id at fault.
"""


class TricircleError(Exception):
    """Root of Tricircle's own errors. A job that ends in one is tried again, but see `Permanent` and `Doubtful`."""

    code: int = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Permanent(TricircleError):
    """Trying again changes nothing: a job that ends in it waits until someone asks for it anew."""


class Doubtful(TricircleError):
    """Trying again will hardly help, or soon: a job that goes on ending in it is done with as by `Permanent`."""


class Invalid(Permanent):
    """A value is malformed or unknown."""

    code = 400


class Forbidden(Permanent):
    """The caller is known and may not do this."""

    code = 403


class NotFound(Permanent):
    """What was asked for does not exist."""

    code = 404


class Conflict(Permanent):
    """What exists stands against it."""

    code = 409


class Unprocessable(Permanent):
    """Well-formed, but it makes no sense here."""

    code = 422


class Unavailable(TricircleError):
    """What is needed for it does not answer."""

    code = 503


class LeaseLost(TricircleError):
    """The job is in another worker's hands by now: this one must stop writing about it."""

    code = 409


class DatabaseNotReady(TricircleError):
    """The database's schema is not the one this version works with."""

    code = 503
