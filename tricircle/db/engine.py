"""Tricircle's own database: connections and transactions, over oslo.db.

It has an engine facade of its own, so that a Neutron process can use it beside Neutron's database. Never make a remote
call inside a transaction; and wait for no row locks: claim by compare-and-swap and count the rows.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

from oslo_config import cfg
from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.orm import Session

from tricircle.conf import register_common_opts
from tricircle.db import causality
from tricircle.db.causality import NodeLagsError

T = TypeVar("T")

_WRITES = "tricircle_writes"
_MAX_RETRIES = 20


@enginefacade.transaction_context_provider
class _Context:
    """What oslo.db hangs a transaction on; a new one for each, as none of ours nest."""


class _Turn:
    """SQLite lets one write at a time, and whoever waits looks again only now and then: writers take turns instead.

    Threads by a lock, and processes by a lock on a file beside the database, which its holder's death frees.
    """

    def __init__(self, database: str | None) -> None:
        self._path = None if database in {None, "", ":memory:"} else f"{database}-turn"
        self._lock = threading.Lock()
        self._held = ExitStack()

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._path is None:
            return
        try:
            file = self._held.enter_context(Path(self._path).open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_error: object) -> None:
        self._held.close()
        self._lock.release()


class Database:
    """One database by its SQLAlchemy URL; to be shared by all threads of a process, and safe across a fork.

    On a Galera cluster every transaction sees what any node has committed before it (`causality`).
    """

    def __init__(
        self,
        url: str,
        *,
        max_pool_size: int = 5,
        max_overflow: int = 50,
        max_retries: int = 10,
        sqlite_busy_timeout: int = 30,
        lagging: Callable[[BaseException], Exception] = NodeLagsError,
    ) -> None:
        """`lagging` makes what is raised, of the driver's error, when a read waits too long for its node of a cluster.

        It has to be an oslo_db.exception.DBError.
        """
        self._lagging = lagging
        self.url = _with_whole_unicode(make_url(url))
        self._busy_timeout = sqlite_busy_timeout
        self._opened = False
        is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_turn: AbstractContextManager[Any] = _Turn(self.url.database) if is_sqlite else nullcontext()
        self._keeper: sqlite3.Connection | None = None
        self._facade = enginefacade.transaction_context()
        self._facade.configure(
            connection=self.url.render_as_string(hide_password=False),
            sqlite_fk=True,
            max_pool_size=max_pool_size,
            max_overflow=max_overflow,
            max_retries=max_retries,
            retry_interval=1,
        )
        self._facade.append_on_engine_create(self._prepare_engine)

    @classmethod
    def from_conf(cls, conf: cfg.ConfigOpts, **more: Any) -> "Database":
        """The database of [DEFAULT] tricircle_db_connection. Nothing is opened before the first use."""
        register_common_opts(conf)
        return cls(
            conf.tricircle_db_connection,
            max_pool_size=conf.tricircle_db_max_pool_size,
            max_overflow=conf.tricircle_db_max_overflow,
            max_retries=conf.tricircle_db_max_retries,
            sqlite_busy_timeout=conf.tricircle_db_sqlite_busy_timeout,
            **more,
        )

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """A transaction that only reads.

        Raises oslo_db.exception.DBError and its kinds.
        """
        self._open()
        with self._facade.reader.using(_Context()) as session:
            yield session

    @contextmanager
    def writer(self) -> Iterator[Session]:
        """A transaction, committed at the end of the block and rolled back if it raises.

        Raises oslo_db.exception.DBError and its kinds: DBDeadlock means that it may be tried again (see `write`).
        """
        self._open()
        with self._write_turn, self._facade.writer.using(_Context()) as session:
            session.connection(execution_options={_WRITES: True})
            yield session

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction, again if the database broke it off for another's sake or lost the connection.

        `work` must have no effect but in the session, and may itself ask to be repeated, by raising
        oslo_db.exception.RetryRequest. On Galera a conflict shows only at the commit.
        """

        @oslo_db_api.wrap_db_retry(
            max_retries=_MAX_RETRIES,
            retry_interval=0.02,
            max_retry_interval=1,
            jitter=True,
            retry_on_deadlock=True,
            retry_on_disconnect=True,
            exception_checker=_is_deadlock_in_savepoint,
        )
        def transaction() -> T:
            with self.writer() as session:
                return work(session)

        return transaction()

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations and tests."""
        self._open()
        return self._facade.writer.get_engine()

    def dispose(self) -> None:
        """Close the pooled connections."""
        self._facade.dispose_pool()
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def _open(self) -> None:
        if self._opened:
            return
        path = self.url.database
        if self.url.get_backend_name() == "sqlite" and path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._opened = True

    def _prepare_engine(self, engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "before_cursor_execute", _begin_immediate, retval=True)
        else:
            event.listen(engine, "connect", _read_committed)
            causality.see_everything(engine, self._lagging)
        engine.dispose()  # oslo.db has tried a connection already, without these listeners

    def _prepare_sqlite(self, connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout = {self._busy_timeout * 1000:d}")
        connection.execute("PRAGMA synchronous = NORMAL")
        # The mode stays with the file. Where another process is just about to set it, this one finds it locked.
        with suppress(sqlite3.OperationalError):
            if connection.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
                connection.execute("PRAGMA journal_mode = WAL")
        self._keep_open()

    def _keep_open(self) -> None:
        """Have one connection to SQLite open all the time.

        oslo.db pools none, and whoever closes the last one waits for the whole log to be written back to the disk.
        """
        path = self.url.database
        if self._keeper is None and path and path != ":memory:":
            self._keeper = sqlite3.connect(path, check_same_thread=False)
            self._keeper.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it opens the log only when it reads


def _with_whole_unicode(url: URL) -> URL:
    """The manual's `charset=utf8` is MySQL's old one of three bytes, and no charset at all is that, too, to oslo.db."""
    if url.get_backend_name() == "mysql" and url.query.get("charset", "utf8") in {"utf8", "utf8mb3"}:
        return url.update_query_dict({"charset": "utf8mb4"})
    return url


def _is_deadlock_in_savepoint(error: Exception) -> bool:
    """MySQL rolls the whole transaction back, so that the savepoint is missing: the error seen is about that."""
    return isinstance(getattr(error, "cause", None), db_exc.DBDeadlock)


def _begin_immediate(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Take SQLite's write lock at the beginning of a transaction that will write.

    A transaction that reads first and writes later fails at once if another wrote in between; this one waits for its
    turn. oslo.db emits the BEGIN, as the driver's own does not suit savepoints.
    """
    if statement == "BEGIN" and connection.get_execution_options().get(_WRITES):
        statement = "BEGIN IMMEDIATE"
    return statement, parameters


def _read_committed(connection: Any, _record: Any) -> None:
    """Queue and routings decide by compare-and-swap; repeatable reads would only add gap locks, so deadlocks."""
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.close()
