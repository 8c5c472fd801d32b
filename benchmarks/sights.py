"""Rows as they come into the databases of several regions, whose servers are not asked, and do nothing for it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymysql

# One statement for all regions, by their keys: a millisecond of the database server's, each time.
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Sight:
    """A row that is to be seen: its table, the values of some columns, and in which databases (of one server)."""

    table: str
    values: Mapping[str, str]
    databases: Sequence[str]


class Rows:
    """Looks at the databases of one server, with a connection of its own."""

    def __init__(self, socket: Path) -> None:
        """`socket`: the server's; root needs no password there."""
        self._connection = pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def await_all(self, sight: Sight, began: float, patience: float) -> dict[str, float]:
        """When the row was first seen, in seconds after `began` (of the monotonic clock), by database.

        Raises TimeoutError, naming the databases without it, after `patience` seconds.
        """
        seen: dict[str, float] = {}
        while left := [name for name in sight.databases if name not in seen]:
            found = self._having(sight, left)
            now = time.monotonic()
            seen.update(dict.fromkeys(found, now - began))
            if len(found) < len(left):
                if now - began > patience:
                    missing = ", ".join(name for name in left if name not in found)
                    raise TimeoutError(
                        f"{sight.table}: nothing like {dict(sight.values)} after {now - began:.0f} s in {missing}"
                    )
                time.sleep(_POLL_SECONDS)
        return seen

    def value(self, database: str, table: str, column: str) -> str:
        """Of a table with one row at most; empty if there is none."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT `{column}` FROM `{database}`.`{table}`")  # noqa: S608 - names of our own
            row = cursor.fetchone()
            return str(row[0]) if row else ""

    def _having(self, sight: Sight, databases: Sequence[str]) -> list[str]:
        """The databases in which the row is."""
        where = " AND ".join(f"`{column}` = %s" for column in sight.values)
        table = sight.table
        selects = [f"(SELECT '{name}' FROM `{name}`.`{table}` WHERE {where} LIMIT 1)" for name in databases]  # noqa: S608
        with self._connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects), [*sight.values.values()] * len(databases))
            return [str(name) for (name,) in cursor.fetchall()]
