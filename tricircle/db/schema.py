"""The schema's version: bringing it up, and asking where it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tricircle.db.engine import Database
from tricircle.domain.errors import DatabaseNotReady

_FOLDER = Path(__file__).parent / "migrations"


def sync(database: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`; nothing happens where it is there already."""
    command.upgrade(_config(database), revision)


def current_revision(database: Database) -> str | None:
    """The revision that the database is at; None: no schema of Tricircle's is in it."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """The revision that this version of Tricircle works with."""
    return ScriptDirectory(str(_FOLDER)).get_current_head()


def check(database: Database) -> None:
    """Raise DatabaseNotReady unless the schema is at this version's revision."""
    current, head = current_revision(database), head_revision()
    if current != head:
        raise DatabaseNotReady(
            f"The database's schema is at revision {current or 'none'} where this version needs {head}: "
            "run tricircle-db-manage db_sync"
        )


def require(database: Database) -> None:
    """Raise DatabaseNotReady if there is no schema at all: said at a process's start, instead of at each request."""
    if current_revision(database) is None:
        raise DatabaseNotReady("There is no schema in Tricircle's database: run tricircle-db-manage db_sync")


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["database"] = database
    return config
