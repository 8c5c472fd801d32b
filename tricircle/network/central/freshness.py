"""Answers that are as of what has been committed, whichever node of the database cluster gives them.

On a Galera cluster a node may not have applied yet what another has committed. A region, or a job, that asks there
would take what it does not find for what is not.
"""

import functools
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db import causality
from tricircle.db.neutron import changes
from tricircle.network import exceptions

# By a user's variable: the session may have a value of its own, which comes back.
_WAIT = sa.text("SET @tricircle_waits = @@SESSION.wsrep_sync_wait, SESSION wsrep_sync_wait = 1")
_WAIT_AS_BEFORE = sa.text("SET SESSION wsrep_sync_wait = @tricircle_waits")


def require(context: Any, numbers: Collection[int]) -> None:
    """Have this process's database node catch up with the cluster; to be called before anything is read.

    ``numbers``: those of the changes that must be visible then. They are also the test of whether it worked: a cluster
    may be told not to wait, and behind an asynchronous replica nothing waits.

    It takes no longer than the node's ``repl.causal_read_timeout``, however far behind the node is: 30 seconds, unless
    its operator has set less.

    :raises StaleRead: the node did not catch up, or a change is not visible here.
    """
    with db_api.CONTEXT_READER.using(context):
        if _is_clustered(context.session.connection().engine):
            _catch_up(context.session)
    missing = changes.missing(context, numbers)
    if missing:
        reason = f"it does not show the changes {', '.join(map(str, sorted(missing)))} yet"
        raise exceptions.StaleRead(reason=reason)


def _catch_up(session: Any) -> None:
    session.execute(_WAIT)
    try:
        session.execute(sa.text("SELECT 1"))
    except db_exc.DBDeadlock as error:  # of oslo.db's names for it, this is what a wait is called that was too long
        raise exceptions.lagging(error) from error
    finally:
        session.execute(_WAIT_AS_BEFORE)


@functools.cache
def _is_clustered(engine: sa.Engine) -> bool:
    """Whether the database is a node of a Galera cluster; asked once in a process's life."""
    if engine.dialect.name not in {"mysql", "mariadb"}:
        return False
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        return driver is not None and causality.is_clustered(driver.cursor())
