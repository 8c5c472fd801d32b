"""What handlers of jobs have in common, and how they say that a job is to be tried again."""

import abc
from collections.abc import Iterable, Mapping

from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.errors import TricircleError
from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.routings import ARRIVAL_SECONDS
from tricircle.regions.protocols import Regions

# How often central is asked in one job what a region needs: against what it was last sent, against what it says that it
# has, and for the whole where that is not what it should be.
TRIES = 3


class JobHandler(abc.ABC):
    """Carries out jobs about one kind of object. Each of its methods is one job, and safe to repeat."""

    def __init__(self, regions: Regions, database: Database) -> None:
        """Nothing is sent or read yet."""
        self._regions = regions
        self._database = database

    @abc.abstractmethod
    def handlers(self) -> Mapping[JobType, Handler]:
        """By type, the method that does such jobs; each takes the payload that the type's declaration names."""


class NotYetError(TricircleError):
    """The region could not do all of it: somebody still uses what goes, or is just making it. It is tried again."""

    code = 409


class UnknownAtCentralError(TricircleError):
    """Central neither has an object nor says that it is deleted, so nobody may conclude either. It is asked again."""

    code = 409

    def __init__(self, kind: str, ids: Iterable[str]) -> None:
        """``kind`` is the type of the objects of these ``ids``."""
        super().__init__(f"Central Neutron neither has nor has deleted {kind} {', '.join(ids)}")


def refuse_arriving(database: Database, pod_id: str, kind: str, id_: str) -> None:
    """To be called where a region has not got what it was told of.

    That is nothing, unless the region is just making it out of an older answer of central's.

    :raises NotYetError: it is.
    """
    with database.reader() as session:
        arriving = routings_db.is_younger(session, id_, pod_id, kind, ARRIVAL_SECONDS)
    if arriving:
        raise NotYetError(f"{id_}: the region is only about to have it")
