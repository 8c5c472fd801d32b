"""Migrations on every supported kind of database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tricircle.db import pods, schema
from tricircle.db.engine import Database
from tricircle.db.models import Base
from tricircle.domain.errors import DatabaseNotReady


def test_sync_is_idempotent_and_known_by_its_version(empty_database: Database) -> None:
    assert schema.current_revision(empty_database) is None
    with pytest.raises(DatabaseNotReady, match="db_sync"):
        schema.check(empty_database)
    for _ in range(2):
        schema.sync(empty_database)
        assert schema.current_revision(empty_database) == schema.head_revision()
    schema.check(empty_database)


def test_models_are_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_concurrent_writers_wait_for_each_other(database: Database) -> None:
    """Reads first and writes then: without the write lock from the start SQLite refuses such a transaction."""

    def work(number: int) -> None:
        with database.writer() as session:
            pods.list_all(session)
            pods.create(session, region_name=f"Region{number}", az_name="az")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    with database.reader() as session:
        assert len(pods.list_all(session)) == 40
