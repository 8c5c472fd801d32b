"""Answers that are as of what has been committed, whichever node of the database cluster gives them.

On a Galera cluster a node may not have applied yet what another has committed. A region, or a job, that asks there
would take what it does not find for what is not.
"""

import functools
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import changes
from tricircle.network import exceptions


def require(context: Any, numbers: Collection[int]) -> None:
    """Have this process's database node catch up with the cluster; to be called before anything is read.

    ``numbers``: those of the changes that must be visible then. They are also the test of whether it worked: a cluster
    may be told not to wait, and behind an asynchronous replica nothing waits.

    :raises StaleRead: a change is not visible here.
    """
    with db_api.CONTEXT_READER.using(context):
        if _is_clustered(context.session.connection().engine):
            context.session.execute(sa.text("SET SESSION wsrep_sync_wait = 1"))
            try:
                context.session.execute(sa.text("SELECT 1"))
            finally:
                context.session.execute(sa.text("SET SESSION wsrep_sync_wait = DEFAULT"))
    missing = changes.missing(context, numbers)
    if missing:
        raise exceptions.StaleRead(changes=sorted(missing))


@functools.cache
def _is_clustered(engine: sa.Engine) -> bool:
    """Whether the database is a node of a Galera cluster; asked once in a process's life."""
    if engine.dialect.name not in {"mysql", "mariadb"}:
        return False
    with engine.connect() as connection:
        shown = connection.execute(sa.text("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'")).first()
    return shown is not None and str(shown[1]).upper() == "ON"
