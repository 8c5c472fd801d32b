"""A MariaDB server of the tests' own: own data folder, a unix socket, no network."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy.engine import make_url

_START_SECONDS = 30

_CONFIG = """
[mysqld]
user = root
datadir = {folder}/data
socket = {folder}/sock
pid-file = {folder}/pid
log-error = {folder}/error.log
tmpdir = {folder}
skip-networking
skip-name-resolve
innodb_flush_log_at_trx_commit = 2
sync_binlog = 0
innodb_buffer_pool_size = 64M
innodb_log_file_size = 16M
performance_schema = off
character-set-server = utf8mb4
"""


class MariaDB:
    """One server, reached as root by its socket; it may be killed and started again, and loses nothing then."""

    def __init__(self, folder: Path, options: str = "") -> None:
        """``options``: further lines of its configuration."""
        self.socket = folder / "sock"
        self._folder = folder
        self._options = options
        self._config = folder / "my.cnf"
        self._process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Make the data folder."""
        self.configure()
        options = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        command = ["mariadb-install-db", f"--defaults-file={self._config}", *options]
        subprocess.run(command, check=True, capture_output=True)

    def configure(self) -> None:
        """Write its configuration."""
        self._config.write_text(_CONFIG.format(folder=self._folder) + self._options)

    def start(self) -> None:
        """Returns when it is ready."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Begin to start."""
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
        command = ["mariadbd", f"--defaults-file={self._config}"]
        self._process = subprocess.Popen(command, env={**os.environ, "PATH": path})

    def await_ready(self) -> None:
        """Returns when it takes connections."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mariadbd does not start: {(self._folder / 'error.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """At once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def create_database(self) -> str:
        """Make an empty database; returns its SQLAlchemy URL."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return self.url(name)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        # Else pymysql reads the certificates of the machine for each connection.
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}&charset=utf8mb4&ssl_disabled=true"

    def drop_database(self, url: str) -> None:
        """Remove what create_database made."""
        self.execute(f"DROP DATABASE {make_url(url).database}")

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement; answers its rows."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def connect(self) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        """A connection as root; its user closes it."""
        return pymysql.connect(unix_socket=str(self.socket), user="root")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """One server for the whole session (under xdist: for each of its workers)."""
    server = MariaDB(tmp_path_factory.mktemp("mariadb"))
    server.install()
    try:
        server.start()
        yield server
    finally:
        server.kill()  # nothing in it is worth a clean shutdown
