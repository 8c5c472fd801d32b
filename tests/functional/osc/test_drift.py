"""multiregion networking audit run, drift list: the commands themselves, and the proxy against the real API."""

import argparse
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests_mock
from openstack.connection import Connection

from tests.functional.osc.conftest import CREDENTIALS
from tricircle import sdk
from tricircle.db import drifts, pods
from tricircle.db.engine import Database
from tricircle.domain.copied_kinds import NETWORK
from tricircle.domain.drifts import Difference, Drift, DriftState
from tricircle.osc.audit import RunAudit
from tricircle.osc.drift import ListDrift


@pytest.fixture
def run(keystone: requests_mock.Mocker) -> Iterator[Any]:
    """Runs a command of a class with arguments; returns a dictionary for each row."""
    names = ("auth_url", "username", "password", "project_name", "user_domain_name", "project_domain_name")
    auth = {name: CREDENTIALS[f"OS_{name.upper()}"] for name in names}
    connection = Connection(region_name="CentralRegion", auth=auth)
    client = sdk.add_to(connection)

    def command(class_: Any, *arguments: str) -> list[dict[str, Any]]:
        made = class_(SimpleNamespace(client_manager=SimpleNamespace(multiregion=client)), argparse.Namespace())
        columns, rows = made.take_action(made.get_parser("x").parse_args(list(arguments)))
        return [dict(zip(columns, row, strict=True)) for row in rows]

    yield command
    connection.close()


@pytest.fixture
def pod_id(sqlite_database: Database) -> str:
    with sqlite_database.writer() as session:
        pods.create(session, region_name="CentralRegion")
        pods.create(session, region_name="RegionTwo", az_name="az2")
        return pods.create(session, region_name="RegionOne", az_name="az1").pod_id


def test_an_audit_is_a_job_for_each_region(run: Any, pod_id: str) -> None:
    everywhere = run(RunAudit)
    assert [row["mode"] for row in everywhere] == ["find", "find"]
    (one,) = run(RunAudit, "--region", "RegionOne", "--type", "router", "--repair")
    assert (one["pod_id"], one["resource_type"], one["mode"], one["status"]) == (pod_id, "router", "repair", "NEW")


def test_drifts_are_listed_with_what_would_mend_them(run: Any, pod_id: str, sqlite_database: Database) -> None:
    drift = Drift(
        resource_type="network",
        resource_id="net",
        project_id="p",
        state=DriftState.DIFFERS,
        differences=(Difference("name", "a", "b"),),
        repair=NETWORK.job("net", "p", pod_id),
    )
    sqlite_database.write(lambda session: drifts.record(session, pod_id, [drift], repaired=False))
    (row,) = run(ListDrift, "--region", "RegionOne", "--type", "network")
    assert row.pop("found_at").endswith("Z")
    assert row == {
        "region_name": "RegionOne",
        "resource_type": "network",
        "resource_id": "net",
        "difference": "name: 'b' in the region, 'a' at central",
        "repair": f"update_network network_id=net pod_id={pod_id}",
    }
    assert run(ListDrift, "--long")[0]["state"] == "differs"
    for options in (("--age", "1h"), ("--age", "90"), ("--mended",), ("--resource", "x"), ("--project-id", "q")):
        assert run(ListDrift, *options) == []
    with pytest.raises(SystemExit):
        run(ListDrift, "--age", "long")
