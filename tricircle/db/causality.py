"""Reads that show what was committed before them, at whichever node of a Galera cluster.

A node acknowledges a commit before the others have applied it. Who writes at one node and reads at another may miss it:
a row that was just made, or, of two that write at once and then look for each other's, both.
"""

from collections.abc import Callable
from typing import Any

from oslo_db import exception as db_exc
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

# Before which first statement of a transaction the node catches up: reads (1), UPDATE and DELETE (2), INSERT (4).
EVERYTHING = 1 | 2 | 4
# MariaDB's number for a wait that was too long. A plain SELECT waits for nothing else: it takes no locks.
_TOO_LONG = 1205


class NodeLagsError(db_exc.DBError):
    """The database node has not caught up with its cluster in time (its ``repl.causal_read_timeout``).

    It is no deadlock, which oslo.db would make of it, and Neutron repeat it twenty times.
    """

    def __init__(self, inner_exception: BaseException | None = None) -> None:
        """``inner_exception`` is the driver's."""
        super().__init__(inner_exception)
        self.args = ("The database node has not caught up with its cluster in time",)


def see_everything(engine: Engine, lagging: Callable[[BaseException], Exception] = NodeLagsError) -> None:
    """Have each transaction of an engine wait, at its first statement, until its node has caught up with the cluster.

    Where there is no cluster nothing is changed. Connections that are pooled already are made anew.

    :param lagging: makes, of the driver's error, what is raised when a read has waited too long.
    """
    if engine.dialect.name not in {"mysql", "mariadb"}:
        return

    def tell(context: ExceptionContext) -> Exception | None:
        error = context.original_exception
        is_read = (context.statement or "").lstrip().upper().startswith("SELECT") and not _locks(context.statement)
        return lagging(error) if is_read and getattr(error, "args", None) and error.args[0] == _TOO_LONG else None

    event.listen(engine, "connect", _wait)
    event.listen(engine, "handle_error", tell, retval=True)
    engine.dispose()


def _locks(statement: str | None) -> bool:
    return any(words in (statement or "").upper() for words in ("FOR UPDATE", "LOCK IN SHARE MODE"))


def _wait(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    try:
        if is_clustered(cursor):
            cursor.execute(f"SET SESSION wsrep_sync_wait = {EVERYTHING:d}")
    finally:
        cursor.close()


def is_clustered(cursor: Any) -> bool:
    """Whether the server of a DB-API cursor is a node of a Galera cluster. MySQL's own have no such variable."""
    cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
    shown = cursor.fetchone()
    return shown is not None and str(shown[1]).upper() == "ON"
