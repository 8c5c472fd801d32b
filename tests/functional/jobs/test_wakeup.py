"""Hints by a real broker: quick when it is there, missed by nobody when it is not."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from oslo_config import cfg

from tests.functional.jobs.base import request
from tests.functional.ports import free_port
from tests.functional.rabbitmq import RabbitMQ
from tests.functional.waiting import eventually
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobType
from tricircle.jobs import wakeup
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], cfg.ConfigOpts]:
    """Loads a configuration whose file has this line in [DEFAULT]."""

    def make(line: str) -> cfg.ConfigOpts:
        path = tmp_path / "tricircle.conf"
        path.write_text(f"[DEFAULT]\n{line}\n")
        conf = cfg.ConfigOpts()
        conf(["--config-file", str(path)])
        return conf

    return make


@pytest.mark.parametrize(("line", "expected"), [("", False), ("transport_url = rabbit://broker/", True)])
def test_only_a_broker_that_is_named_counts(load: Callable[[str], cfg.ConfigOpts], line: str, expected: bool) -> None:
    assert wakeup.is_configured(load(line)) is expected


def test_a_broker_that_is_down_holds_nobody_up(load: Callable[[str], cfg.ConfigOpts]) -> None:
    announcer = wakeup.Announcer(load(f"transport_url = rabbit://u:p@127.0.0.1:{free_port()}/"))
    started = time.monotonic()
    for _ in range(100):
        announcer.announce()
    assert time.monotonic() - started < 1
    announcer.close()


def test_a_broker_that_cannot_be_named_yet_ends_nothing(load: Callable[[str], cfg.ConfigOpts]) -> None:
    """What fails while the way to the broker is made, fails that once."""
    told, tried = threading.Event(), threading.Event()

    def make(conf: cfg.ConfigOpts) -> object:
        if not tried.is_set():
            tried.set()
            raise RuntimeError("no driver")
        told.set()
        return real(conf)

    real = wakeup._transport
    announcer = wakeup.Announcer(load(f"transport_url = rabbit://u:p@127.0.0.1:{free_port()}/"))
    with mock.patch.object(wakeup, "_transport", make):
        announcer.announce()
        assert tried.wait(10)

        def is_told() -> bool:
            announcer.announce()
            return told.wait(1)

        eventually(is_told, 30)
    announcer.close()


def test_workers_are_woken_again_after_the_brokers_absence(
    load: Callable[[str], cfg.ConfigOpts], rabbitmq: RabbitMQ, sqlite_database: Database
) -> None:
    """The worker polls only once in five minutes: what it does meanwhile it does because it was told."""
    conf = load(f"transport_url = {rabbitmq.url}")
    done = threading.Event()
    announcer = wakeup.Announcer(conf)
    queue = JobQueue(sqlite_database, announce=announcer.announce)
    settings = WorkerSettings("worker", poll_interval=300)
    worker = Worker(queue, {JobType.SHADOW_PORT_SETUP: lambda payload: done.set()}, settings)
    worker.start()
    listener = wakeup.Listener(conf, "worker", worker.wake)
    listener.start()

    def is_told() -> bool:
        queue.enqueue([request("net")])
        return done.wait(1)

    try:
        eventually(is_told, 60)
        rabbitmq.stop()
        queue.enqueue([request("meanwhile")])
        rabbitmq.start()
        done.clear()
        eventually(is_told, 60)
    finally:
        listener.stop()
        listener.wait()
        announcer.close()
        worker.stop()
    assert not {"listen", "announce"} & {thread.name for thread in threading.enumerate()}
