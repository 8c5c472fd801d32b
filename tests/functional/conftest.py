"""Fixtures of the functional tests: real databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.galera import galera
from tests.functional.mariadb import MariaDB, mariadb
from tests.functional.rabbitmq import rabbitmq
from tricircle.db import schema
from tricircle.db.engine import Database

# Here alone: a fixture that two modules import is two fixtures, and so two servers.
__all__ = ["galera", "mariadb", "rabbitmq"]


@pytest.fixture(params=["sqlite", "mariadb"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, of each kind that is supported."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/state/tricircle.sqlite")
        yield database
        database.dispose()
        return
    server: MariaDB = request.getfixturevalue("mariadb")
    url = server.create_database()
    database = Database(url)
    yield database
    database.dispose()
    server.drop_database(url)


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with this version's schema, of each kind that is supported."""
    schema.sync(empty_database)
    return empty_database


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """The embedded database, for tests in which the kind makes no difference."""
    database = Database(f"sqlite:///{tmp_path}/state/tricircle.sqlite")
    schema.sync(database)
    yield database
    database.dispose()
