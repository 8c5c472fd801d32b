"""Runs a service in one or more processes, until SIGTERM."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from keystoneauth1.exceptions import ClientException
from oslo_config import cfg
from oslo_db.exception import DBError
from oslo_service import backend

# Before anything imports oslo_service.service, which would otherwise choose eventlet.
backend.init_backend(backend.BackendType.THREADING)

from oslo_service import service  # noqa: E402

from tricircle.db import schema  # noqa: E402
from tricircle.db.engine import Database  # noqa: E402
from tricircle.domain.errors import TricircleError  # noqa: E402

ServiceBase = service.ServiceBase


def run(conf: cfg.ConfigOpts, what: service.ServiceBase, workers: int) -> int:
    """Fork `workers` processes, each running `what` (`start`, `wait`, on SIGTERM `stop`); replace those that die.

    Returns the exit code once all have ended.
    """
    launcher = service.ProcessLauncher(conf, restart_method="mutate")
    launcher.launch_service(what, workers=workers)
    return int(launcher.wait() or 0)


@contextmanager
def startup(program: str) -> Iterator[None]:
    """Around what a process does first: what goes wrong there ends it with one line that says why."""
    try:
        yield
    except (ClientException, DBError, OSError, TricircleError) as error:
        sys.exit(f"{program} cannot start: {error}")


def require_database(conf: cfg.ConfigOpts) -> None:
    """Raise domain.errors.DatabaseNotReady, or oslo_db's DBError, unless the database is there to work with."""
    database = Database.from_conf(conf)
    schema.require(database)
    database.dispose()
