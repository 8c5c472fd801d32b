"""The lab's own MariaDB: its server, and databases out of cached schemas."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql

from tricircle_lab import commands, probes
from tricircle_lab.layout import PASSWORD, Layout
from tricircle_lab.schemas import Database
from tricircle_lab.units import Service, Task

SERVICE = "mariadb"
DATABASES = "databases"


def service(layout: Layout) -> Service:
    datadir = layout.state_dir / "mysql"
    options = f"--defaults-file={layout.etc}/my.cnf"

    def prepare() -> None:
        if not (datadir / "mysql" / "db.frm").exists():
            shutil.rmtree(datadir, ignore_errors=True)
            install = ["mariadb-install-db", options, "--skip-test-db", "--auth-root-authentication-method=normal"]
            commands.run(install)

    return Service(
        name=SERVICE,
        command=("mariadbd", options),
        probe=probes.mariadb_answers(layout.mysql_socket),
        prepare=prepare,
        socket=str(layout.mysql_socket),
        timeout=60,
    )


class Databases:
    """Makes the databases that services need, from a cached dump where there is one."""

    def __init__(self, layout: Layout, report: Callable[[str], None]) -> None:
        self._layout = layout
        self._report = report
        self._marks = layout.state_dir / "databases"

    def task(self, wanted: Sequence[Database]) -> Task:
        return Task(DATABASES, lambda: self.ensure(wanted), after=(SERVICE,))

    def ensure(self, wanted: Sequence[Database]) -> None:
        """Make what is missing, and upgrade what is of another version than the installed software."""
        self._marks.mkdir(exist_ok=True)
        self._layout.cache_dir.mkdir(parents=True, exist_ok=True)
        keys = {schema: schema.key() for schema in {database.schema for database in wanted}}
        stale = [database for database in wanted if self._mark(database.name) != keys[database.schema]]
        if not stale:
            return
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE USER IF NOT EXISTS lab@localhost IDENTIFIED BY %s", (PASSWORD,))
            cursor.execute("GRANT ALL ON *.* TO lab@localhost")
        # One database of each kind first: the others are loaded from what it leaves in the cache.
        first = list({database.schema: database for database in reversed(stale)}.values())
        for group in (first, [database for database in stale if database not in first]):
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda database: self._make(database, keys[database.schema]), group))

    def forget(self, name: str) -> None:
        """Have ``ensure`` make a database anew; what is in it is lost then."""
        self._mark_path(name).unlink()

    def _make(self, database: Database, key: str) -> None:
        dump = self._layout.cache_dir / f"{database.schema.name}-{key}.sql"
        if self._mark(database.name) is not None:
            self._upgrade(database)
        else:
            with self._connect() as connection, connection.cursor() as cursor:
                # What a loading that was cut short has left, is of no use.
                cursor.execute(f"DROP DATABASE IF EXISTS `{database.name}`")
                cursor.execute(f"CREATE DATABASE `{database.name}` CHARACTER SET utf8mb3")
            if dump.exists():
                commands.run(["mariadb", *self._client(), database.name], input=dump.read_text())
            else:
                self._report(f"{database.schema.name}: making the tables, once for this version")
                self._upgrade(database)
                self._save(database.name, dump)
        self._mark_path(database.name).write_text(key)

    @staticmethod
    def _upgrade(database: Database) -> None:
        for command in database.upgrade:
            commands.run(command, timeout=600)

    def _save(self, database: str, dump: Path) -> None:
        for old in dump.parent.glob(f"{dump.name.partition('-')[0]}-*.sql"):
            old.unlink()
        text = commands.run(["mariadb-dump", *self._client(), "--single-transaction", database])
        # Complete or not there at all, also when two labs start at once.
        unfinished = dump.with_suffix(f".{self._layout.slot}")
        unfinished.write_text(text)
        unfinished.rename(dump)

    def _client(self) -> list[str]:
        return ["--no-defaults", "--user=root", f"--socket={self._layout.mysql_socket}"]

    def _connect(self) -> pymysql.Connection:
        return pymysql.connect(unix_socket=str(self._layout.mysql_socket), user="root", autocommit=True)

    def _mark_path(self, database: str) -> Path:
        return self._marks / database

    def _mark(self, database: str) -> str | None:
        """The key of the schema that the database has; None: not made, or not to its end."""
        try:
            return self._mark_path(database).read_text()
        except FileNotFoundError:
            return None
