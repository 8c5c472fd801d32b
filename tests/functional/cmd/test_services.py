"""The commands as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from tests.functional.ports import free_port
from tricircle.db.schema import head_revision

BIN = Path(sys.executable).parent


@pytest.fixture
def config(tmp_path: Path) -> tuple[Path, int]:
    """A configuration file on a database that does not exist yet, and the API's port in it."""
    port, path = free_port(), tmp_path / "tricircle.conf"
    path.write_text(
        f"[DEFAULT]\ntricircle_state_path = {tmp_path}/state\nauth_strategy = noauth\nvalidate_pod_region = false\n"
        f"bind_host = 127.0.0.1\nbind_port = {port}\napi_workers = 2\nworkers = 2\n"
        "transport_url = rabbit://nobody:nothing@127.0.0.1:1/\n"
    )
    return path, port


def run(command: str, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command, "--config-file", config, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running(command: Sequence[str | Path], environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env={**os.environ, **(environ or {})}, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def test_db_manage(config: tuple[Path, int]) -> None:
    path, _ = config
    assert run("tricircle-db-manage", path, "db_version").stdout == "none\n"
    for _ in range(2):
        assert run("tricircle-db-manage", path, "db_sync").returncode == 0
    assert run("tricircle-db-manage", path, "db_version").stdout == f"{head_revision()}\n"


@pytest.mark.parametrize("command", ["tricircle-api", "tricircle-xjob"])
def test_without_a_schema_services_say_what_to_do(config: tuple[Path, int], command: str) -> None:
    result = run(command, config[0])
    assert result.returncode != 0
    assert result.stderr.splitlines()[-1].endswith("run tricircle-db-manage db_sync")


def test_api_serves_and_stops(config: tuple[Path, int]) -> None:
    path, port = config
    run("tricircle-db-manage", path, "db_sync")
    url = f"http://127.0.0.1:{port}"
    with running([BIN / "tricircle-api", "--config-file", path]) as process:
        eventually(lambda: answers(f"{url}/healthcheck"))
        pod = {"pod": {"region_name": "CentralRegion"}}
        assert requests.post(f"{url}/v1.0/pods", json=pod, timeout=10).json()["pod"]["region_name"] == "CentralRegion"
        for _ in range(10):
            assert len(requests.get(f"{url}/v1.0/pods", timeout=10).json()["pods"]) == 1
        assert "in use" in run("tricircle-api", path).stderr
        process.terminate()
        assert process.wait(15) == 0
    assert not answers(f"{url}/healthcheck")


def test_api_under_uwsgi(config: tuple[Path, int]) -> None:
    path, port = config
    run("tricircle-db-manage", path, "db_sync")
    uwsgi = BIN / "uwsgi"
    if not uwsgi.exists():
        pytest.skip("uWSGI is not installed")
    command = [uwsgi, "--http-socket", f"127.0.0.1:{port}", "--module", "tricircle.api.wsgi:application"]
    environ = {"OS_TRICIRCLE_CONFIG_DIR": str(path.parent), "OS_TRICIRCLE_CONFIG_FILES": path.name}
    with running([*command, "--enable-threads", "--lazy-apps", "--die-on-term", "--need-app"], environ) as process:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/v1.0/pods"))
        process.terminate()
        process.wait(15)


def await_worker(process: subprocess.Popen[bytes]) -> None:
    """Return when the service has forked its worker: from then on it heeds signals."""
    deadline = time.monotonic() + 90
    while not psutil.Process(process.pid).children():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(2)
    assert process.poll() is None


def test_xjob_starts_and_stops(config: tuple[Path, int]) -> None:
    path, _ = config
    run("tricircle-db-manage", path, "db_sync")
    with running([BIN / "tricircle-xjob", "--config-file", path]) as process:
        await_worker(process)
        process.terminate()
        assert process.wait(60) == 0
