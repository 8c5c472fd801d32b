"""tricircle-status upgrade check."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests_mock
import sqlalchemy as sa

from tests.functional.api.conftest import keystone
from tests.functional.api.keystone import KEYSTONE
from tricircle.cmd import status
from tricircle.db import models, pods
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.jobs.queue import JobQueue

__all__ = ["keystone"]


def check(url: object, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    path = folder / "status.conf"
    path.write_text(
        f"[DEFAULT]\ntricircle_db_connection = {url}\ntricircle_db_max_retries = 0\n"
        f"[client]\nauth_url = {KEYSTONE}/v3\nadmin_username = u\nadmin_password = p\nadmin_tenant = t\n"
    )
    code = status.main(["--config-file", str(path), "upgrade", "check", "--json"])
    return code, {found["check"]: found for found in json.loads(capsys.readouterr().out)["checks"]}


@pytest.fixture(autouse=True)
def _keystone(keystone: requests_mock.Mocker) -> None:
    """Knows networks in CentralRegion, RegionOne, RegionTwo."""


def test_in_order(sqlite_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite_database.writer() as session:
        pods.create(session, region_name="CentralRegion", user_id="tricircle")
        pods.create(session, region_name="RegionOne", az_name="az1", user_id="neutron-one")
    code, found = check(sqlite_database.url, tmp_path, capsys)
    assert code == 0
    assert len(found) == 5


def test_regions_without_an_account(
    sqlite_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite_database.writer() as session:
        central = pods.create(session, region_name="RegionTwo")
        one = pods.create(session, region_name="CentralRegion", az_name="az1")
    code, found = check(sqlite_database.url, tmp_path, capsys)
    assert (code, found["Regions' accounts"]["result"]) == (1, 1)
    for part in ("RegionTwo, CentralRegion", "pod set REGION --user USER"):  # the central pod's comes first
        assert part in found["Regions' accounts"]["details"]
    with sqlite_database.writer() as session:
        pods.update(session, central.pod_id, {"user_id": "tricircle"})
        pods.update(session, one.pod_id, {"user_id": "neutron"})
    assert check(sqlite_database.url, tmp_path, capsys)[0] == 0


def test_no_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = check(f"sqlite:///{tmp_path}/none.sqlite", tmp_path, capsys)
    assert code == 2
    assert "db_sync" in found["Database schema"]["details"]


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = check("mysql+pymysql://root@localhost/none?unix_socket=/nonexistent", tmp_path, capsys)
    assert code == 2
    assert "reached" in found["Database schema"]["details"]


def test_no_central_pod_and_a_region_without_endpoint(
    sqlite_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(sqlite_database.url, tmp_path, capsys)[0] == 1
    with sqlite_database.writer() as session:
        pods.create(session, region_name="RegionNine", az_name="az9")
    code, found = check(sqlite_database.url, tmp_path, capsys)
    assert code == 2
    assert found["Central pod"]["result"] == 1
    assert "RegionNine" in found["Pods' endpoints"]["details"]


def test_stuck_jobs(sqlite_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queue = JobQueue(sqlite_database)
    queue.enqueue([JobRequest(JobType.SEG_RULE_SETUP, {"project_id": f"p{n}"}, "p") for n in range(6)])
    claimed = [queue.claim("worker") for _ in range(4)]
    for job in claimed[:3]:
        assert job is not None
        queue.fail(job, "no such project", retry_in=None)
    with sqlite_database.writer() as session:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        session.execute(sa.update(models.Job).where(models.Job.slot == "running").values(lease_until=long_ago))
        late = sa.update(models.Job).where(models.Job.next_attempt_at.is_not(None))
        session.execute(late.values(next_attempt_at=long_ago))
    code, found = check(sqlite_database.url, tmp_path, capsys)
    assert code == 1
    for part in ("3 jobs failed for good", "2 jobs are due", "1 jobs were a dead worker's"):
        assert part in found["Stuck jobs"]["details"]
