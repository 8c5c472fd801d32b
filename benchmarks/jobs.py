"""How many jobs a second the queue carries, and how soon an idle worker begins: `./dev bench-jobs`.

MariaDB and RabbitMQ are started for it, and ended after it; the handler is empty, so that only the queue is measured.
"""

import argparse
import multiprocessing
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from benchmarks.results import Figure, at_most, publish
from tests.functional.mariadb import MariaDB
from tests.functional.rabbitmq import RabbitMQ
from tricircle.db import models, schema
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.jobs import wakeup
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings

_FORKSERVER = multiprocessing.get_context("forkserver")
_FORKSERVER.set_forkserver_preload([__name__])

_POLL_SECONDS = 1.0
_LATENCY_TARGET_MS = 50.0
_LIMIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: so many jobs for the throughput, so many for the delay."""

    jobs: int
    delays: int


def _request(number: int) -> JobRequest:
    return JobRequest(JobType.SHADOW_PORT_SETUP, {"pod_id": "pod", "network_id": f"n{number}"}, "project")


def _work(url: str) -> None:
    """One worker process, until it is ended."""
    settings = WorkerSettings(multiprocessing.current_process().name, poll_interval=0.1)
    Worker(JobQueue(Database(url)), {JobType.SHADOW_PORT_SETUP: _do_nothing}, settings).start()
    threading.Event().wait()


def _do_nothing(_payload: Any) -> None:
    pass


def _done(database: Database) -> int:
    with database.reader() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(models.JobLog)) or 0


def _throughput(database: Database, workers: int, count: int) -> float:
    """Jobs a second, from the first that is done to the last."""
    before = _done(database)
    JobQueue(database).enqueue([_request(number) for number in range(count)])
    url = database.url.render_as_string(hide_password=False)
    processes = [_FORKSERVER.Process(target=_work, args=(url,), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        start, first = _wait_for(database, before + 1)
        end, last = _wait_for(database, before + count)
    finally:
        for process in processes:
            process.kill()
            process.join()
    return (last - first) / (end - start)


def _wait_for(database: Database, count: int) -> tuple[float, int]:
    """When at least so many jobs are done, and how many are. Raises TimeoutError."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while (done := _done(database)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{done} of {count} jobs are done after {_LIMIT_SECONDS} s")
        time.sleep(0.05)
    return time.monotonic(), done


def _median_delay(database: Database, conf: cfg.ConfigOpts, count: int) -> float:
    """Milliseconds from a request to the start of its run, by a worker that has nothing else to do."""
    started: dict[str, float] = {}
    seen = threading.Event()

    def handler(payload: Any) -> None:
        started[payload.network_id] = time.monotonic()
        seen.set()

    queue = JobQueue(database, announce=wakeup.announcer(conf))
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: handler}, WorkerSettings("worker", poll_interval=_POLL_SECONDS))
    worker.start()
    wakeup.Listener(conf, "worker", worker.wake).start()
    delays = []
    try:
        for number in range(count + 2):
            seen.clear()
            asked = time.monotonic()
            queue.enqueue([_request(number)])
            if not seen.wait(_LIMIT_SECONDS):
                raise TimeoutError("no worker began")
            delays.append((started[f"n{number}"] - asked) * 1000)
            time.sleep(0.31)  # no fraction of the polling interval: requests come at any time of it
    finally:
        worker.stop()
    return statistics.median(delays[2:])  # the first ones find the connections not made yet


def _conf(folder: Path, transport_url: str) -> cfg.ConfigOpts:
    path = folder / "bench.conf"
    path.write_text("[DEFAULT]\n" + (f"transport_url = {transport_url}\n" if transport_url else ""))
    conf = cfg.ConfigOpts()
    conf(["--config-file", str(path)])
    return conf


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[MariaDB, RabbitMQ]]:
    mariadb, rabbitmq = MariaDB(_made(folder / "mariadb")), RabbitMQ(_made(folder / "rabbitmq"))
    try:
        mariadb.install()
        mariadb.start()
        rabbitmq.start()
        yield mariadb, rabbitmq
    finally:
        mariadb.kill()
        rabbitmq.stop()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def measure(plan: Plan) -> list[Figure]:
    """Run it all."""
    figures = []
    with tempfile.TemporaryDirectory() as name, _servers(Path(name)) as (mariadb, rabbitmq):
        databases = {"MariaDB": Database(mariadb.create_database()), "SQLite": Database(f"sqlite:///{name}/b.sqlite")}
        for kind, database in databases.items():
            schema.sync(database)
            for workers in (1, 2, 4):
                rate = _throughput(database, workers, plan.jobs)
                figures.append(Figure(f"{kind}, {workers} worker processes", round(rate, 1), "jobs/s"))
        for hint, url, target in (
            ("with messaging", rabbitmq.url, _LATENCY_TARGET_MS),
            ("polling each second", "", _POLL_SECONDS * 1000),
        ):
            delay = _median_delay(databases["MariaDB"], _conf(Path(name), url), plan.delays)
            figures.append(at_most(f"MariaDB, idle, {hint}: median delay to start", delay, "ms", target))
    return figures


def main() -> None:
    """Entry point."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended then, too
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1000, help="jobs for each throughput (1000)")
    parser.add_argument("--delays", type=int, default=20, help="jobs for each median delay (20)")
    arguments = parser.parse_args()
    publish("jobs", measure(Plan(arguments.jobs, arguments.delays)))


if __name__ == "__main__":
    main()
