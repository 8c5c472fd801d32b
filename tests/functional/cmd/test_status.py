"""tricircle-status upgrade check."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from tests.functional.api.conftest import KEYSTONE, keystone
from tricircle.cmd import status
from tricircle.db import pods
from tricircle.db.engine import Database

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
        pods.create(session, region_name="CentralRegion")
        pods.create(session, region_name="RegionOne", az_name="az1")
    code, found = check(sqlite_database.url, tmp_path, capsys)
    assert code == 0
    assert len(found) == 3


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
