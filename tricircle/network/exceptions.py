"""Errors that Neutron's API answers; the base class decides the HTTP code."""

import functools
import importlib
import logging
from typing import Any

from neutron_lib import exceptions
from oslo_db import exception as db_exc

from tricircle.network import seldom
from tricircle.regions import errors, questions

LOG = logging.getLogger(__name__)


class UnknownRegion(exceptions.BadRequest):
    """A region that is no pod (400)."""

    message = "region_name %(region)s is not the region of a pod; create one with 'multiregion networking pod create'"


class NotItsRegion(exceptions.NotAuthorized):
    """A service that speaks for a region that is not its own (403)."""

    message = "Account %(account)s does not speak for region %(region)s: see 'multiregion networking pod show'"


class CentralUnavailable(exceptions.ServiceUnavailable):
    """Central Neutron does not answer (503)."""

    message = "Central Neutron is not available, and only it gives out %(what)s"


class NotJoined(CentralUnavailable):
    """Central Neutron does not know this region, or not its account (503)."""

    message = "This region is not joined to central Neutron yet, and only that gives out %(what)s"


class CentralFailed(CentralUnavailable):
    """Central Neutron answers that it cannot (503)."""


class ManagedByCentral(exceptions.Conflict):
    """A change that is central's to make (409)."""

    message = "%(resource)s %(id)s belongs to central Neutron: %(action)s it there"


class OutdatedIncarnation(exceptions.Conflict):
    """A region speaks from a database that is not its own any more (409)."""

    message = (
        "Region %(region)s has spoken from another database since than that of incarnation %(incarnation)s: "
        "is local_region_name the same in two Neutron servers with databases of their own?"
    )


class RegionDraining(exceptions.Conflict):
    """Nothing new goes to a region that is being drained (409)."""

    message = "Region %(region)s is being drained: no new ports are made there"


class RegionNameTaken(exceptions.Conflict):
    """Two regions would become one (409)."""

    message = "region_name: %(region)s is the region of another pod; %(name)s needs a name that no pod has"


class HintsTooLong(exceptions.Conflict):
    """A longer name does not fit into the availability zone hints that name the region (409)."""

    message = "region_name: with %(region)s the availability zone hints of %(id)s have more than %(limit)s characters"


class NotCopied(exceptions.BadRequest):
    """A kind of objects of which regions have no copies (400)."""

    message = "resource_type: regions have no copies of kind %(kind)s, but of these: %(kinds)s"


class StillThere(exceptions.Conflict):
    """What is said to be deleted is there (409)."""

    message = "id: central Neutron has %(resource_type)s %(id)s: delete it there"


class OtherTombstone(exceptions.Conflict):
    """It is known to be deleted, as something else (409)."""

    message = "resource_type: %(id)s was a %(resource_type)s"


class TombstoneNotFound(exceptions.NotFound):
    """Central does not know it to be deleted (404)."""

    message = "Nothing is known of a deletion of %(id)s"


class InUseHere(exceptions.Conflict):
    """What was to be given up is in use (409)."""

    message = "%(resource)s %(id)s is in use in this region"


class StaleRead(exceptions.ServiceUnavailable, db_exc.DBError):
    """The database node that was asked lags behind; it is a matter of moments, or of another server (503)."""

    message = "This server's database node lags behind: %(reason)s"


class NotACopy(exceptions.NotFound):
    """A network of this region alone (404)."""

    message = "Network %(id)s is not central's: it has no ports in other regions"


class NotCentrals(exceptions.Conflict):
    """Central speaks of an object of this region's own (409)."""

    message = "%(resource)s %(id)s is this region's own, and not central's to change"


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


class Vanishing(exceptions.Conflict):
    """What a change needs is deleted at the same moment (409)."""

    message = "%(resource)s %(id)s refers to something that is just being deleted here: try again"


class PortIsNowhere(exceptions.Conflict):
    """Only the region where a port lives has its bindings (409)."""

    message = "Port %(id)s lives in no region yet, which would have its bindings: bind it in a region first"


class RegionUnavailable(exceptions.ServiceUnavailable):
    """A region's Neutron does not answer (503)."""

    message = "The Neutron of region %(region)s, where the port lives, is not available"


class RegionBadRequest(exceptions.BadRequest):
    """A region finds the request bad (400)."""

    message = "%(message)s"


class RegionForbidden(exceptions.NotAuthorized):
    """A region does not allow it (403)."""

    message = "%(message)s"


class RegionNotFound(exceptions.NotFound):
    """A region does not know it (404)."""

    message = "%(message)s"


class RegionConflict(exceptions.Conflict):
    """It stands against something in a region (409)."""

    message = "%(message)s"


class RegionFailed(exceptions.NeutronException):
    """A region's Neutron has failed (500)."""

    message = "%(message)s"


class NotRemoved(exceptions.Conflict):
    """A copy that central has deleted is still here: others remove parts of it at the same moment (409)."""

    message = "%(resource)s %(id)s could not be removed yet: parts of it are being removed"


# Central's names for errors of which a region's users can know nothing: its operator has something to do first.
_NOT_JOINED = frozenset({UnknownRegion.__name__, NotItsRegion.__name__, questions.NOT_SERVED})
_BY_CODE: dict[int, Any] = {
    400: CentralBadRequest,
    401: CentralForbidden,
    403: CentralForbidden,
    404: CentralNotFound,
    409: CentralConflict,
}
_BY_CODE_OF_REGION: dict[int, Any] = {
    400: RegionBadRequest,
    401: RegionForbidden,
    403: RegionForbidden,
    404: RegionNotFound,
    409: RegionConflict,
}
# Where code finds the errors that it knows by class: ours, and Neutron's own, its RPC handlers and its API among it.
_KNOWN = (
    __name__,
    "neutron_lib.exceptions",
    "neutron_lib.exceptions.l3",
    "neutron_lib.exceptions.allowedaddresspairs",
    "neutron_lib.exceptions.port_security",
    "neutron.extensions.securitygroup",
)


def lagging(_error: BaseException) -> StaleRead:
    """What is raised where a read has waited for its database node too long."""
    return StaleRead(reason="it has not caught up with its cluster in time")


def from_central(error: errors.RegionError, what: str) -> exceptions.NeutronException:
    """The exception by which a region's Neutron answers what central said; ``what`` is what it was asked for.

    It has central's name for the error, which Neutron's API answers as ``type``: Nova, as every client, knows a used-up
    quota from an address in use by that. It is also of the class of that name, Neutron's or ours, where there is one:
    code catches errors by their class. Where central is, is for the log, and not for tenants.
    """
    if error.kind in _NOT_JOINED:
        if seldom.is_due(error.kind):
            LOG.warning("Central Neutron does not take this region for one of its own: %s", error.message)
        return NotJoined(what=what)
    if error.code == 401:
        return CentralForbidden(message="Central Neutron does not accept the token of the request")
    if error.code in _BY_CODE and not isinstance(error, errors.RegionUnavailableError):
        known: type[exceptions.NeutronException] = _class(_BY_CODE[error.code], error.kind)
        return known(message=error.message)
    LOG.warning("Central Neutron could not be asked for %s: %s", what, error.message)
    if isinstance(error, errors.RegionUnavailableError):
        return CentralUnavailable(what=what)
    return CentralFailed(what=what)


def from_region(error: errors.RegionError, region_name: str) -> exceptions.NeutronException:
    """The exception by which central's Neutron answers what a region has said, by the region's name for the error."""
    if isinstance(error, errors.RegionUnavailableError):
        LOG.warning("Region %s could not be asked: %s", region_name, error.message)
        return RegionUnavailable(region=region_name)
    if error.code == 401:
        return RegionForbidden(message=f"Region {region_name} does not accept the token of the request")
    known: type[exceptions.NeutronException] = _class(_BY_CODE_OF_REGION.get(error.code, RegionFailed), error.kind)
    return known(message=error.message)


@functools.cache
def _class(base: Any, kind: str) -> Any:
    """``base`` by the other Neutron's name for the error, and of the class of that name, ours or Neutron's.

    ``base`` says the HTTP code and the text; the class of that name lets ``except`` tell one conflict from another.
    """
    if not kind.isidentifier():
        return base
    for name in _KNOWN:
        known = getattr(importlib.import_module(name), kind, None)
        if isinstance(known, type) and issubclass(known, exceptions.NeutronException) and known is not base:
            own = {"message": base.message, "__init__": exceptions.NeutronException.__init__}
            return type(kind, (base, known), own)
    return type(kind, (base,), {})
