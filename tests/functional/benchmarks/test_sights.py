"""Rows that a benchmark waits for, in databases of a real server."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from benchmarks.sights import Rows, Sight
from tests.functional.mariadb import MariaDB


@pytest.fixture
def databases(mariadb: MariaDB) -> Iterator[list[str]]:
    """Two, with a table each."""
    urls = [mariadb.create_database() for _ in range(2)]
    names = [str(make_url(url).database) for url in urls]
    for name in names:
        mariadb.execute(f"CREATE TABLE {name}.rules (id VARCHAR(36) PRIMARY KEY, name VARCHAR(9))")
    yield names
    for url in urls:
        mariadb.drop_database(url)


@pytest.fixture
def rows(mariadb: MariaDB) -> Iterator[Rows]:
    rows = Rows(mariadb.socket)
    yield rows
    rows.close()


def _insert(mariadb: MariaDB, database: str) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {database}.rules VALUES ('a', 'new')")
        connection.commit()


def test_a_row_is_seen_in_each_database_when_it_comes(mariadb: MariaDB, databases: list[str], rows: Rows) -> None:
    first, second = databases
    _insert(mariadb, first)
    later = threading.Timer(0.3, _insert, (mariadb, second))
    later.start()
    seen = rows.await_all(Sight("rules", {"id": "a", "name": "new"}, databases), time.monotonic(), 30)
    later.join()
    assert seen.keys() == set(databases)
    assert seen[first] < 0.3 <= seen[second]


def test_who_lacks_the_row_is_named(mariadb: MariaDB, databases: list[str], rows: Rows) -> None:
    _insert(mariadb, databases[0])
    with pytest.raises(TimeoutError, match=databases[1]) as raised:
        rows.await_all(Sight("rules", {"id": "a"}, databases), time.monotonic(), 0.2)
    assert databases[0] not in str(raised.value)


def test_of_a_table_without_rows_there_is_no_value(mariadb: MariaDB, databases: list[str], rows: Rows) -> None:
    assert rows.value(databases[0], "rules", "name") == ""
    _insert(mariadb, databases[0])
    assert rows.value(databases[0], "rules", "name") == "new"
