"""Backups of a Neutron's database: all rows of all tables, and the way back to them."""

import contextlib
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import model_base

Rows = dict[str, list[dict[str, Any]]]


class Backup:
    """What was in a database at one moment; nothing, for a database that is to be made anew."""

    def __init__(self, url: str, rows: Rows) -> None:
        self._url = url
        self._rows = rows

    @classmethod
    def of(cls, url: str) -> "Backup":
        """As it is now."""
        with _connection(url) as connection:
            rows = {
                table.name: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {table.name}")).mappings()]
                for table in model_base.BASEV2.metadata.sorted_tables
            }
        return cls(url, rows)

    @classmethod
    def empty(cls, url: str) -> "Backup":
        """Of a database that was installed anew."""
        return cls(url, {})

    def restore(self) -> None:
        """Have the database as it was."""
        with _connection(self._url) as connection:
            connection.execute(sa.text("SET FOREIGN_KEY_CHECKS = 0"))
            for table in model_base.BASEV2.metadata.sorted_tables:
                connection.execute(sa.text(f"DELETE FROM {table.name}"))
                rows = self._rows.get(table.name)
                if rows:
                    columns = list(rows[0])
                    values = ", ".join(f":{name}" for name in columns)
                    names = ", ".join(f"`{name}`" for name in columns)
                    connection.execute(sa.text(f"INSERT INTO {table.name} ({names}) VALUES ({values})"), rows)
            connection.execute(sa.text("SET FOREIGN_KEY_CHECKS = 1"))


@contextlib.contextmanager
def _connection(url: str):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
