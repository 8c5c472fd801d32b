"""Runs our migrations for ``neutron-db-manage``, in a version table of our own."""

from alembic import context
from neutron.db.migration.connection import DBConnection
from neutron_lib.db import model_base

VERSION_TABLE = "alembic_version_tricircle"

config = context.config
neutron_config = config.neutron_config


def run_migrations_offline() -> None:
    """Emit SQL instead of running it."""
    context.configure(
        url=neutron_config.database.connection or None,
        dialect_name=None if neutron_config.database.connection else neutron_config.database.engine,
        version_table=VERSION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run in the Neutron server's database."""
    with DBConnection(neutron_config.database.connection, config.attributes.get("connection")) as connection:
        context.configure(
            connection=connection, target_metadata=model_base.BASEV2.metadata, version_table=VERSION_TABLE
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
