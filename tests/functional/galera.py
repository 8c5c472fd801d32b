"""A Galera cluster of the tests' own: three MariaDB nodes, each reached by a unix socket, and each other by loopback.

The nodes start as after a power cut that hit all of them at once: with the same data, and each with the saved view of
the group (``gvwstate.dat``, Galera's ``pc.recovery``). So none has to be first, and none is sent another's state.
"""

import contextlib
import itertools
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.engine import make_url

from tests.functional.mariadb import MariaDB
from tests.functional.ports import free_port

SIZE = 3

# A node is slow here for no other reason than that the machine is busy: the others must not take it for dead.
_OPTIONS = """
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = off
innodb_buffer_pool_size = 48M
innodb_autoinc_lock_mode = 2
binlog_format = ROW
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_name = tests
wsrep_cluster_address = gcomm://{addresses}
wsrep_node_name = node{number}
wsrep_node_address = 127.0.0.1
wsrep_provider_options = "gmcast.listen_addr=tcp://{address}; gcache.size=8M; evs.suspect_timeout=PT60S; \
evs.inactive_timeout=PT90S"
"""

_STATE = """# GALERA saved state
version: 2.1
uuid: {cluster}
seqno: 0
safe_to_bootstrap: 0
"""

_VIEW = """my_uuid: {own}
#vwbeg
view_id: 3 {first} 1
bootstrap: 0
{members}
#vwend
"""


class Node(MariaDB):
    """One node of the cluster."""

    def is_ready(self) -> bool:
        """Whether it takes writes, and all nodes are there."""
        try:
            return self.status("wsrep_local_state_comment") == "Synced" and self.status("wsrep_cluster_size") == str(
                SIZE
            )
        except pymysql.err.Error:  # it does not take connections, or not questions, yet
            return False

    def status(self, name: str) -> str:
        """A status variable; empty where there is none."""
        rows = self.execute(f"SHOW STATUS LIKE '{name}'")
        return str(rows[0][1]) if rows else ""

    @contextlib.contextmanager
    def held_back(self, causal_seconds: int) -> Iterator[None]:
        """What the others commit is not applied here while inside; who reads here sees what was before.

        Nobody can write here meanwhile. Who asks the node to catch up first (``wsrep_sync_wait``) waits for
        ``causal_seconds`` in vain.
        """
        lock = self.connect()
        try:
            with lock.cursor() as cursor:
                default = self._set_causal_timeout(cursor, f"PT{causal_seconds}S")
                cursor.execute("FLUSH TABLES WITH READ LOCK")
                try:
                    yield
                finally:
                    cursor.execute("UNLOCK TABLES")
                    self._set_causal_timeout(cursor, default)
        finally:
            lock.close()

    def lag(self, seconds: float) -> threading.Thread:
        """Begin to apply nothing of the others for a while; answers the thread that ends it."""
        lock = self.connect()
        with lock.cursor() as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")

        def end() -> None:
            time.sleep(seconds)
            lock.close()

        thread = threading.Thread(target=end)
        thread.start()
        return thread

    @staticmethod
    def _set_causal_timeout(cursor: "pymysql.cursors.Cursor", wanted: str) -> str:
        """Answers what it was."""
        name = "repl.causal_read_timeout"
        cursor.execute("SELECT @@GLOBAL.wsrep_provider_options")
        row = cursor.fetchone()
        assert row is not None
        options = dict(option.split("=") for option in row[0].replace(" ", "").split(";") if option)
        cursor.execute(f"SET GLOBAL wsrep_provider_options = '{name}={wanted}'")
        return options[name]


class Galera:
    """Three nodes with the same databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        addresses = [f"127.0.0.1:{free_port()}" for _ in range(SIZE)]
        self.nodes = [
            Node(
                folder / f"node{number}",
                _OPTIONS.format(number=number, address=address, addresses=",".join(addresses)),
            )
            for number, address in enumerate(addresses, 1)
        ]

    def install(self) -> None:
        """Make the data folders, all alike."""
        template = MariaDB(self._made("template"))
        template.install()
        cluster, members = uuid.uuid4(), [str(uuid.uuid1()) for _ in self.nodes]
        listed = "\n".join(f"member: {member} 0" for member in members)
        for number, (node, own) in enumerate(zip(self.nodes, members, strict=True), 1):
            data = self._made(f"node{number}") / "data"
            shutil.copytree(self._folder / "template" / "data", data)
            (data / "grastate.dat").write_text(_STATE.format(cluster=cluster))
            (data / "gvwstate.dat").write_text(_VIEW.format(own=own, first=members[0], members=listed))
            node.configure()

    def _made(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def start(self) -> None:
        """Returns when all nodes are ready."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_ready()

    def kill(self) -> None:
        """All nodes, at once."""
        for node in self.nodes:
            node.kill()

    @contextlib.contextmanager
    def uneven(self, pause: float, lag: float) -> Iterator[None]:
        """Every ``pause`` seconds another node lags by ``lag`` seconds, while inside."""
        over = threading.Event()

        def disturb() -> None:
            for node in itertools.cycle(self.nodes):
                if over.wait(pause):
                    return
                node.lag(lag).join()

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def create_database(self) -> list[str]:
        """Make an empty database; returns its SQLAlchemy URLs, one for each node."""
        url = self.nodes[0].create_database()
        return self.urls(url)

    def urls(self, url: str) -> list[str]:
        """The URLs of the database of one of its URLs, one for each node."""
        return [node.url(str(make_url(url).database)) for node in self.nodes]

    def drop_database(self, urls: list[str]) -> None:
        """Remove what create_database made."""
        self.nodes[0].drop_database(urls[0])


@pytest.fixture(scope="session")
def galera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Galera]:
    """One cluster for the whole session (under xdist: for each of its workers)."""
    cluster = Galera(tmp_path_factory.mktemp("galera"))
    cluster.install()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.kill()  # nothing in it is worth a clean shutdown
