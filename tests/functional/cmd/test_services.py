"""The commands as processes of their own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from tests.functional.ports import free_port
from tests.functional.waiting import eventually
from tricircle.db import models, pods
from tricircle.db.engine import Database
from tricircle.db.schema import head_revision
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.jobs.queue import JobQueue

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
    command: list[str | Path] = [
        uwsgi,
        "--http-socket",
        f"127.0.0.1:{port}",
        "--module",
        "tricircle.api.wsgi:application",
    ]
    environ = {"OS_TRICIRCLE_CONFIG_DIR": str(path.parent), "OS_TRICIRCLE_CONFIG_FILES": path.name}
    with running([*command, "--enable-threads", "--lazy-apps", "--die-on-term", "--need-app"], environ) as process:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/v1.0/pods"))
        process.terminate()
        process.wait(15)
    assert not answers(f"http://127.0.0.1:{port}/v1.0/pods")


def metrics(port: int) -> dict[str, float]:
    """What tricircle-xjob counts, by name and labels; nothing while it does not answer."""
    try:
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except requests.RequestException:
        return {}
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {f"{sample.name} {' '.join(sorted(sample.labels.values()))}": sample.value for sample in samples}


def enqueue(path: Path, request: JobRequest) -> Database:
    """Puts a job into the service's database."""
    database = Database(f"sqlite:///{path.parent}/state/tricircle.sqlite")
    JobQueue(database).enqueue([request])
    return database


def queued(database: Database) -> list[tuple[str, int, str | None]]:
    """Status, attempts and worker of the jobs in the queue."""
    with database.reader() as session:
        return [(row.status, row.attempts, row.worker) for row in session.scalars(sa.select(models.Job))]


def test_xjob_works_counts_and_stops(config: tuple[Path, int]) -> None:
    """Two processes count together; the job is one that finds nothing to do."""
    path, port = config
    path.write_text(f"{path.read_text()}[metrics]\nbind_port = {port}\n")
    run("tricircle-db-manage", path, "db_sync")
    with running([BIN / "tricircle-xjob", "--config-file", path]) as process:
        for number in range(3):
            database = enqueue(path, JobRequest(JobType.SEG_RULE_SETUP, {"project_id": f"p{number}"}, f"p{number}"))
        eventually(lambda: metrics(port).get("tricircle_job_runs_total seg_rule_setup succeeded") == 3, 60)
        counted = metrics(port)
        assert counted["tricircle_job_runs_total failed seg_rule_setup"] == 0
        assert counted["tricircle_job_run_seconds_count seg_rule_setup"] == 3
        assert queued(database) == []
        process.terminate()
        assert process.wait(60) == 0


def test_xjob_gives_back_what_does_not_end(config: tuple[Path, int]) -> None:
    """The job waits for a Keystone that takes connections and says nothing."""
    path, _ = config
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keystone = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        path.write_text(
            f"{path.read_text()}graceful_shutdown_timeout = 2\n"
            f"[client]\nauth_url = {keystone}\nusername = u\npassword = p\nproject_name = p\n"
        )
        run("tricircle-db-manage", path, "db_sync")
        database = Database(f"sqlite:///{path.parent}/state/tricircle.sqlite")
        with database.writer() as session:
            pod_id = pods.create(session, region_name="RegionOne", az_name="az1").pod_id
            pods.create(session, region_name="CentralRegion")
        enqueue(path, JobRequest(JobType.UPDATE_NETWORK, {"pod_id": pod_id, "network_id": "net"}, "p"))
        with running([BIN / "tricircle-xjob", "--config-file", path]) as process:
            eventually(lambda: [job[0] for job in queued(database)] == ["RUNNING"], 60)
            process.terminate()
            process.wait(60)
        assert queued(database) == [("NEW", 0, None)]
