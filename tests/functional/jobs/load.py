"""A load of requests and runs in many processes, each of which may be killed; and what must be true afterwards.

Processes write what they do into files, a line at a time, with the machine's monotonic clock, which all of them share.
"""

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db import exception as db_exc

from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.payloads import NetworkInPod
from tricircle.jobs import wakeup
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings

KEYS = 50
LEASE = 6.0

# Forked from a process that has imported everything: a start costs milliseconds.
_FORKSERVER = multiprocessing.get_context("forkserver")
_FORKSERVER.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Setting:
    """Where the load runs. `transport_url`: of a broker for hints, or empty."""

    url: str
    folder: Path
    transport_url: str = ""

    def queue(self) -> JobQueue:
        return JobQueue(Database(self.url, max_retries=-1), lease=LEASE, announce=wakeup.announcer(self.conf()))

    def conf(self) -> cfg.ConfigOpts:
        path = self.folder / "load.conf"
        conf = cfg.ConfigOpts()
        conf(["--config-file", str(path)])
        return conf

    def write_conf(self) -> None:
        line = f"transport_url = {self.transport_url}\n" if self.transport_url else ""
        (self.folder / "load.conf").write_text(f"[DEFAULT]\n{line}")

    def append(self, name: str, *words: object) -> None:
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, (" ".join(map(str, words)) + "\n").encode())
        os.close(descriptor)

    def lines(self, pattern: str) -> Iterator[tuple[str, list[str]]]:
        for path in sorted(self.folder.glob(pattern)):
            for line in path.read_text().splitlines():
                yield path.name, line.split()


def put(setting: Setting, name: str, count: int) -> None:
    """Ask for `count` runs of keys drawn by chance; a request that was refused is repeated."""
    queue = setting.queue()
    for _ in range(count):
        key = f"k{random.randrange(KEYS)}"
        asked = time.monotonic_ns()
        request = JobRequest(JobType.SHADOW_PORT_SETUP, {"pod_id": f"pod{key}", "network_id": key}, "project")
        while True:
            try:
                queue.enqueue([request])
                break
            except db_exc.DBError:
                time.sleep(0.2)
        setting.append(f"asked-{name}", key, asked)
        time.sleep(random.uniform(0, 0.02))


def work(setting: Setting, name: str) -> None:
    """Run jobs until told to stop; one in ten fails at first."""

    def handler(payload: NetworkInPod) -> None:
        run = random.getrandbits(60)
        setting.append(f"ran-{name}", "start", payload.network_id, run, time.monotonic_ns())
        time.sleep(random.uniform(0, 0.02))
        failing = random.random() < 0.1
        setting.append(f"ran-{name}", "fail" if failing else "end", payload.network_id, run, time.monotonic_ns())
        if failing:
            raise ConnectionError("region is down")

    settings = WorkerSettings(name, threads=4, poll_interval=0.1, longest_delay=0.3)
    worker = Worker(setting.queue(), {JobType.SHADOW_PORT_SETUP: handler}, settings)
    worker.start()
    wakeup.Listener(setting.conf(), name, worker.wake).start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        signal.pause()


@dataclass
class Load:
    """The processes of one load."""

    setting: Setting
    putters: int = 4
    workers: int = 4
    count: int = 2000
    _processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    _starts: int = 0

    def start(self) -> None:
        """Begin."""
        self.setting.write_conf()
        for number in range(self.putters):
            self._start_putter(f"putter{number}")
        for _ in range(self.workers):
            self._start_worker()

    def kill_one(self) -> None:
        """One process, drawn by chance, as the kernel would; another takes its place."""
        name = random.choice([name for name, process in self._processes.items() if process.is_alive()])
        process = self._processes.pop(name)
        process.kill()
        process.join()
        self.setting.append("killed", name, time.monotonic_ns())
        if name.startswith("putter"):
            self._start_putter(name)
        else:
            self._start_worker()

    def is_put(self) -> bool:
        """Whether all requests were put."""
        return not any(process.is_alive() for name, process in self._processes.items() if name.startswith("putter"))

    def stop(self) -> None:
        """End all that is left."""
        for process in self._processes.values():
            process.kill()
            process.join()

    def _start_putter(self, name: str) -> None:
        done = sum(1 for _ in self.setting.lines(f"asked-{name}"))
        self._begin(name, put, self.count // self.putters - done)

    def _start_worker(self) -> None:
        self._starts += 1
        self._begin(f"worker{self._starts}", work)

    def _begin(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        process = _FORKSERVER.Process(target=target, args=(self.setting, name, *arguments), daemon=True)
        process.start()
        self._processes[name] = process


@contextmanager
def running(load: Load) -> Iterator[Load]:
    """Start a load, and end its processes whatever happens."""
    load.start()
    try:
        yield load
    finally:
        load.stop()


def left(database: Database) -> int:
    """How many jobs are in the queue."""
    with database.reader() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(models.Job)) or 0


def assert_all_ran(setting: Setting, count: int) -> None:
    """Every key ran, and succeeded, after its last request; none ran twice at once."""
    asked: dict[str, int] = defaultdict(int)
    requests = list(setting.lines("asked-*"))
    assert len(requests) >= count
    for _, (key, at) in requests:
        asked[key] = max(asked[key], int(at))
    runs = _runs(setting)
    for key, last in asked.items():
        assert any(start > last for start, _, succeeded in runs[key] if succeeded), key
        ordered = sorted(runs[key])
        for (_, end, _), (start, _, _) in itertools.pairwise(ordered):
            assert end < start, f"{key} ran twice at once"


def _runs(setting: Setting) -> dict[str, list[tuple[int, int, bool]]]:
    """By key: start, end, whether it succeeded. What a killed worker ran ended when it was killed."""
    killed = {name: int(at) for _, (name, at) in setting.lines("killed")}
    began: dict[str, tuple[str, str, int]] = {}
    runs = defaultdict(list)
    for file_name, (what, key, run, at) in setting.lines("ran-*"):
        if what == "start":
            began[run] = (key, file_name.removeprefix("ran-"), int(at))
        else:
            _, _, start = began.pop(run)
            runs[key].append((start, int(at), what == "end"))
    for key, worker, start in began.values():
        assert worker in killed, f"{worker} never ended its run of {key}"
        runs[key].append((start, killed[worker], False))
    return runs
