"""Errors that Neutron's API answers; the base class decides the HTTP code."""

from neutron_lib import exceptions

from tricircle.regions import errors


class UnknownRegion(exceptions.BadRequest):
    """A region that is no pod (400)."""

    message = "region_name %(region)s is not the region of a pod; create one with 'multiregion networking pod create'"


class CentralUnavailable(exceptions.ServiceUnavailable):
    """Central Neutron does not answer (503)."""

    message = "Central Neutron is not available, and only it gives out %(what)s: %(reason)s"


class ManagedByCentral(exceptions.Conflict):
    """A change that is central's to make (409)."""

    message = "%(resource)s %(id)s belongs to central Neutron: %(action)s it there"


class NotACopy(exceptions.NotFound):
    """A network of this region alone (404)."""

    message = "Network %(id)s is not central's: it has no ports in other regions"


class DeletedAtCentral(exceptions.NotFound):
    """It was deleted while it was being made here (404)."""

    message = "%(resource)s %(id)s is deleted at central Neutron"


class StaleRevision(exceptions.Conflict):
    """Something later than this is in the copy already (409)."""

    message = "The copy of %(id)s is as of a later revision of central's than %(revision)s"


class Unreported(exceptions.Conflict):
    """Central does not know the latest of a port (409)."""

    message = "Port %(id)s has changed here, and central Neutron has not been told yet"


class CentralBadRequest(exceptions.BadRequest):
    """Central finds the request bad (400)."""

    message = "%(message)s"


class CentralForbidden(exceptions.NotAuthorized):
    """Central does not allow it (403)."""

    message = "%(message)s"


class CentralNotFound(exceptions.NotFound):
    """Central does not know it (404)."""

    message = "%(message)s"


class CentralConflict(exceptions.Conflict):
    """It stands against something at central: a quota, an address in use (409)."""

    message = "%(message)s"


class NotRemoved(exceptions.Conflict):
    """A copy that central has deleted is still here: others remove parts of it at the same moment (409)."""

    message = "%(resource)s %(id)s could not be removed yet: parts of it are being removed"


_BY_CODE: dict[int, type[exceptions.NeutronException]] = {
    400: CentralBadRequest,
    401: CentralForbidden,
    403: CentralForbidden,
    404: CentralNotFound,
    409: CentralConflict,
}


def from_central(error: errors.RegionError, what: str) -> exceptions.NeutronException:
    """The exception by which a region's Neutron answers what central said; ``what`` is what it was asked for.

    It has central's name for the error, which Neutron's API answers as ``type``: Nova, as every client, knows a used-up
    quota from an address in use by that.
    """
    if isinstance(error, errors.RegionUnavailableError) or error.code not in _BY_CODE:
        return CentralUnavailable(what=what, reason=error.message)
    base = _BY_CODE[error.code]
    named = type(error.kind, (base,), {}) if error.kind.isidentifier() else base
    exception: exceptions.NeutronException = named(message=error.message)
    return exception
