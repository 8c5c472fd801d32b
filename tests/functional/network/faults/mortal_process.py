"""The process of ``MortalServer``: Neutron that ends at a commit when it is told so, and is there again at once.

A parent starts Neutron once and forks the process that serves; when that one ends, it forks the next, on the same
socket. Run as ``neutron_process``.
"""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa
import waitress
import webob
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from oslo_db import exception as db_exc
from sqlalchemy.engine import Engine, default

from tests.functional.network.identity import ADMIN, Tokens
from tests.functional.network.neutron_process import THREADS, AccessLog

DEATH = 99
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Trap:
    """Springs at the n-th commit from when it is set, of whatever thread, that writes something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.set("", 0)

    def set(self, how: str, at: int) -> None:
        """``how``: the process ends ``before`` or ``after`` the ``at``-th commit.

        Or the first is refused for a ``deadlock``, the second when the request has begun anew, and so on as far as
        ``at``.
        """
        self._how, self._at = how, at
        self.commits = self.deadlocks = 0

    def lay(self) -> None:
        """Have every commit of this process looked at."""
        sa.event.listen(Engine, "before_cursor_execute", _note_writes)
        commit = default.DefaultDialect.do_commit

        def do_commit(dialect: Any, connection: Any) -> None:
            number = self._count() if connection.info.pop("writes", False) else 0
            self._spring(number, "before", "deadlock")
            commit(dialect, connection)
            self._spring(number, "after")

        setattr(default.DefaultDialect, "do_commit", do_commit)  # noqa: B010

    def _count(self) -> int:
        with self._lock:
            self.commits += 1
            return self.commits

    def _spring(self, number: int, *ways: str) -> None:
        if not number or self._how not in ways:
            return
        if self._how != "deadlock":
            if number == self._at:
                os._exit(DEATH)
        elif self.deadlocks < self._at and number > self.deadlocks:
            self.deadlocks, self.commits = self.deadlocks + 1, 0
            raise db_exc.DBDeadlock


def _note_writes(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.lstrip().upper().startswith(WRITES):
        connection.info["writes"] = True


class Control:
    """Answers what tests ask of the process itself; everything else is the application's."""

    def __init__(self, application: Any, trap: Trap) -> None:
        self._application = application
        self._trap = trap
        self._calls: dict[tuple[str, str], Callable[[dict[str, list[str]]], None]] = {
            ("PUT", "/trap"): lambda query: trap.set(query["how"][0], int(query["at"][0])),
            ("GET", "/trap"): lambda query: None,
            ("POST", "/sweep"): lambda query: sweep(),
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        call = self._calls.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if call is None:
            return self._application(environ, start_response)
        call(parse_qs(environ["QUERY_STRING"]))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"pid": os.getpid(), "commits": self._trap.commits}).encode()]


def sweep() -> None:
    """Do what Tricircle's plugin does from time to time, each thing once; and Neutron's janitor, as that does it.

    It deletes what it has found the time before.
    """
    for worker in directory.get_plugin().get_workers():
        if str(worker.desc).startswith("tricircle"):
            worker._check_func()
    l3_plugin = directory.get_plugin(plugin_constants.L3)
    for _ in range(2):
        l3_plugin._clean_garbage()


def hurry() -> None:
    """Have the sweeps take what they find at once: nothing is under way when they are called."""
    from tricircle.domain.ages import AgeTracker
    from tricircle.network.central import reservations
    from tricircle.network.local import leftovers

    setattr(AgeTracker, "older_than", lambda self, newest, age: newest)  # noqa: B010
    reservations._YOUNG = leftovers._YOUNG = 0


def warm_up(application: Any) -> None:
    """Have done once what a process does at its first requests; no connection of it is left for the children."""
    for collection in ("networks", "subnets", "ports", "routers", "floatingips", "security-groups"):
        _request(application, "GET", f"/{collection}")
    if directory.get_plugin().__module__.endswith("central_plugin"):  # what is made in a region is central's to allow
        _make_and_delete(application)
    plugin = directory.get_plugin()
    db_api.get_context_manager().dispose_pool()
    if database := getattr(plugin, "_database", None):
        database.dispose()


def _make_and_delete(application: Any) -> None:
    made: list[str] = []
    network = _send(application, made, "networks", name="warm-up")
    _send(application, made, "subnets", network_id=network, cidr="10.0.0.0/24", ip_version=4)
    _send(application, made, "ports", network_id=network)
    for path in reversed(made):
        _request(application, "DELETE", path)


def _send(application: Any, made: list[str], collection: str, **attributes: Any) -> str:
    name = collection.removesuffix("s")
    id_: str = _request(application, "POST", f"/{collection}", {name: attributes}).json[name]["id"]
    made.append(f"/{collection}/{id_}")
    return id_


def _request(application: Any, method: str, path: str, body: Any = None) -> webob.Response:
    headers = {"X-Auth-Token": ADMIN.token}
    request = webob.Request.blank(f"/v2.0{path}", method=method, headers=headers)
    if body is not None:
        request.json = body
    response = request.get_response(application)
    assert response.status_int < 300, (path, response.text)
    return response


def live(serve: Callable[[], None]) -> None:
    """Call it in one child after the other, as long as they end by a trap. A child does not outlive its parent."""
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            serve()
            os._exit(0)

        def end(*_: object, pid: int = child) -> None:
            os.kill(pid, signal.SIGKILL)
            os._exit(0)

        signal.signal(signal.SIGTERM, end)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != DEATH:
            sys.exit(f"the serving process ended with {status}")


def main() -> None:
    descriptor, access_log = sys.argv[1:]
    del sys.argv[1:]  # Neutron would take them for its own
    with Tokens():
        from neutron.wsgi.api import application  # importing it is starting it

        trap = Trap()
        trap.lay()
        hurry()
        warm_up(application)

        def serve() -> None:
            logged = AccessLog(Control(application, trap), access_log)
            waitress.serve(logged, sockets=[socket.socket(fileno=int(descriptor))], threads=THREADS)

        live(serve)


if __name__ == "__main__":
    main()
