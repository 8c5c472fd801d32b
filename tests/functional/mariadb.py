"""A MariaDB server of the tests' own: own data folder, a unix socket, no network."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
skip-networking
skip-name-resolve
innodb_flush_log_at_trx_commit = 0
sync_binlog = 0
innodb_buffer_pool_size = 64M
innodb_log_file_size = 16M
performance_schema = off
character-set-server = utf8mb4
"""


@dataclass(frozen=True, slots=True)
class MariaDB:
    """A running server, reached as root by its socket."""

    socket: Path

    def create_database(self) -> str:
        """Make an empty database; returns its SQLAlchemy URL."""
        name = f"t{uuid.uuid4().hex}"
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}&charset=utf8mb4"

    def drop_database(self, url: str) -> None:
        """Remove what create_database made."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {make_url(url).database}")

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            self._connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def _connect(self) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(unix_socket=str(self.socket), user="root")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """One server for the whole session (under xdist: for each of its workers)."""
    folder = tmp_path_factory.mktemp("mariadb")
    config = folder / "my.cnf"
    config.write_text(_CONFIG.format(folder=folder))
    subprocess.run(
        [
            "mariadb-install-db",
            f"--defaults-file={config}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        check=True,
        capture_output=True,
    )
    server = MariaDB(folder / "sock")
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    with subprocess.Popen(["mariadbd", f"--defaults-file={config}"], env={**os.environ, "PATH": path}) as process:
        try:
            _wait(server, process, folder / "error.log")
            yield server
        finally:
            process.kill()  # nothing in it is worth a clean shutdown


def _wait(server: MariaDB, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"mariadbd does not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)
