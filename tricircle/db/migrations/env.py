"""Alembic's environment; `tricircle.db.schema` hands it the database."""

from alembic import context

from tricircle.db.models import Base

with context.config.attributes["database"].engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
