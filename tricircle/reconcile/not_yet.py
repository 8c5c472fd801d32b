"""What a region cannot do yet, and what it is only about to have."""

from tricircle.db import routings as routings_db
from tricircle.db.engine import Database
from tricircle.domain.errors import TricircleError

# Central notes that a region has an object when it answers the region's question. Within so many seconds the region
# has made its copy out of the answer.
ARRIVAL_SECONDS = 60


class NotYetError(TricircleError):
    """The region could not do all of it: somebody still uses what goes, or is just making it. It is tried again."""

    code = 409


def refuse_arriving(database: Database, pod_id: str, kind: str, id_: str) -> None:
    """To be called where a region has not got what it was told of.

    That is nothing, unless the region is just making it out of an older answer of central's.

    :raises NotYetError: it is.
    """
    with database.reader() as session:
        arriving = routings_db.is_younger(session, id_, pod_id, kind, ARRIVAL_SECONDS)
    if arriving:
        raise NotYetError(f"{id_}: the region is only about to have it")
