"""A region that takes connections and says nothing, beside one that refuses them, and one that works."""

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import waitress

from tests.functional.network import keystone
from tests.functional.ports import free_port
from tests.functional.waiting import eventually
from tricircle.conf import register_client_opts
from tricircle.conf.process import load_conf
from tricircle.db import models, pods, routings
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import NewRouting
from tricircle.jobs import handlers
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings
from tricircle.regions import liveness
from tricircle.regions.pods import Regions

CONF = """
[client]
auth_url = {auth_url}
username = u
password = p
project_name = p
valid_interfaces = public
"""
VIEW = {"security_groups": [{"id": "group"}], "address_groups": [], "deleted": [], "refused": []}
# With them, a dead region has at most so many jobs at a time.
THREADS = 8


class Server:
    """Central, or a region, as far as this job asks them; ``told``: how often a region was told of groups."""

    def __init__(self) -> None:
        self.told = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or b"{}")
        if "regional_views" in body:
            answer: Any = {"regional_views": [{**VIEW, "nonce": one["nonce"]} for one in body["regional_views"]]}
        else:
            self.told += 1
            answer = {name: {"nonce": sent["nonce"]} for name, sent in body.items()}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serves while inside; answers its URL."""
        server = waitress.create_server(self, host="127.0.0.1", port=(port := free_port()), threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.close()


class Silent:
    """Takes connections, as its kernel does, and never looks at them; ``connections`` counts them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """End all connections."""
        for one in (self._socket, *self._taken):
            one.close()

    def count(self) -> int:
        """The connections until now."""
        self._socket.setblocking(False)
        try:
            while True:
                self._taken.append(self._socket.accept()[0])
        except BlockingIOError:
            return len(self._taken)


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.close()


@pytest.fixture
def alive() -> Server:
    return Server()


def _add_pods(database: Database, names: Iterable[str]) -> None:
    with database.writer() as session:
        for name in names:
            pod_id = pods.create(session, region_name=name, az_name="" if name == "CentralRegion" else "az").pod_id
            if name != "CentralRegion":
                routings.ensure(session, [NewRouting("group", "group", pod_id, "project", "security_group")])


@pytest.fixture
def queue(sqlite_database: Database, tmp_path: Path, silent: Silent, alive: Server) -> Iterator[JobQueue]:
    """A worker runs its jobs; every region has the project's group."""
    path = tmp_path / "xjob.conf"
    with ExitStack() as stack:
        urls = {
            "CentralRegion": stack.enter_context(Server().serving()),
            "Silent": silent.url,
            "Down": f"http://127.0.0.1:{free_port()}",
            "Alive": stack.enter_context(alive.serving()),
        }
        path.write_text(CONF.format(auth_url=stack.enter_context(keystone.serving(urls))))
        _add_pods(sqlite_database, urls)
        conf = load_conf("tricircle-xjob", ["--config-file", str(path)], register_client_opts)
        made = JobQueue(sqlite_database)
        settings = WorkerSettings("worker", threads=THREADS, poll_interval=0.05, longest_delay=0.5)
        worker = Worker(made, handlers.build(Regions(conf, sqlite_database), sqlite_database), settings)
        worker.start()
        yield made
        worker.stop(grace=1)
        silent.close()
        _end_watching()


def _end_watching() -> None:
    """Who watches a server that is away finds it back, and who waits for one hears: none asks on during other tests."""
    for one in list(liveness._ALL):
        one._probe = lambda seconds: True
    eventually(lambda: not any(thread.name in ("asking", "liveness") for thread in threading.enumerate()), 10)


def test_they_hold_up_only_their_own_jobs(queue: JobQueue, silent: Silent, alive: Server) -> None:
    """Of ten changes each is in the region that works before the next is made, however often the others fail."""
    for number in range(1, 11):
        queue.enqueue([JobRequest(JobType.SEG_RULE_SETUP, {"project_id": "project"}, "project", (number,))])
        eventually(lambda number=number: alive.told >= number, 10)
    assert silent.count() <= THREADS, "it is asked whether it answers, and not each job's question"


def test_a_silent_region_is_asked_once_and_then_looked_at_by_one(
    queue: JobQueue, silent: Silent, alive: Server
) -> None:
    queue.enqueue([JobRequest(JobType.SEG_RULE_SETUP, {"project_id": "project"}, "project", (1,))])
    eventually(lambda: any("Silent does not answer" in (job.last_error or "") for job in _failed(queue)), 15)
    asked = silent.count()
    assert 2 <= asked <= 4, "the question, and whether it answers"


def _failed(queue: JobQueue) -> list[Any]:
    with queue._database.reader() as session:
        return list(session.query(models.Job))
