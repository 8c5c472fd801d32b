"""multiregion networking pod."""

from typing import Any

import pytest
import requests_mock

from tests.functional.osc.conftest import KEYSTONE, USER, Run, as_json
from tricircle.db import region_states
from tricircle.db.engine import Database
from tricircle.domain.errors import NotFound
from tricircle.domain.jobs import Handler, JobType
from tricircle.domain.payloads import WholePod
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import Worker, WorkerSettings

POD = ("multiregion", "networking", "pod")
STATE = ["state", "state_since", "last_heard_at", "last_error", "last_error_at"]


def test_the_manuals_commands(openstack: Run) -> None:
    assert openstack(*POD, "create", "--region-name", "CentralRegion")[0] == 0
    one = as_json(openstack(*POD, "create", "--region-name", "RegionOne", "--availability-zone", "az1", "-f", "json"))
    fields = ["az_name", "dc_name", "pod_az_name", "pod_id", "region_name", "user_id", "draining"]
    assert list(one) == [*fields, *STATE]
    assert (one["az_name"], one["region_name"]) == ("az1", "RegionOne")
    central = ("--os-region-name", "CentralRegion")
    for name in ("RegionOne", one["pod_id"]):
        assert as_json(openstack(*central, *POD, "show", name, "-f", "json")) == one
    listed = as_json(openstack(*central, *POD, "list", "--sort-column", "region_name", "-f", "json"))
    assert [pod["region_name"] for pod in listed] == ["CentralRegion", "RegionOne"]
    assert list(listed[0]) == ["pod_id", "region_name", "az_name", "pod_az_name", "dc_name"]
    long = as_json(openstack(*central, *POD, "list", "--long", "-f", "json"))
    assert list(long[0]) == [*listed[0], "user_id", "draining", *STATE]


def test_the_state_of_a_region(openstack: Run, sqlite_database: Database) -> None:
    assert openstack(*POD, "create", "--region-name", "RegionOne", "--availability-zone", "az1")[0] == 0
    assert [show(openstack, "RegionOne")[name] for name in STATE] == ["unknown", None, None, None, None]
    for error in (None, "RegionOne does not answer: refused"):
        with sqlite_database.writer() as session:
            region_states.note(session, "RegionOne", error)
    shown = show(openstack, "RegionOne")
    assert (shown["state"], shown["last_error"]) == ("unreachable", "RegionOne does not answer: refused")
    assert shown["last_heard_at"] <= shown["state_since"] == shown["last_error_at"]
    (listed,) = as_json(openstack(*POD, "list", "--long", "-f", "json"))
    assert {name: listed[name] for name in STATE} == {name: shown[name] for name in STATE}


def test_every_option_in_both_spellings(openstack: Run) -> None:
    dashed = ("--region-name", "R1", "--availability-zone", "az", "--pod-availability-zone", "in", "--data-center", "d")
    made = as_json(openstack(*POD, "create", *dashed, "-f", "json"))
    assert (made["pod_az_name"], made["dc_name"]) == ("in", "d")
    underscored = [part.replace("-", "_").replace("__", "--", 1) for part in dashed]
    underscored[1] = "R2"
    assert as_json(openstack(*POD, "create", *underscored, "-f", "json"))["region_name"] == "R2"


def test_deleting_several_goes_on_after_a_failure(openstack: Run) -> None:
    for region in ("R1", "R2"):
        assert openstack(*POD, "create", "--region-name", region, "--availability-zone", "az")[0] == 0
    code, _, err = openstack(*POD, "delete", "R1", "nowhere", "R2")
    assert code != 0
    assert "1 of 3 pods failed to delete" in err
    assert as_json(openstack(*POD, "list", "-f", "json")) == []
    assert openstack(*POD, "create", "--region-name", "R1", "--availability-zone", "az")[0] == 0
    assert openstack(*POD, "delete", "R1") == (0, "", "")


def test_the_servers_message_is_shown(openstack: Run) -> None:
    code, _, err = openstack(*POD, "create", "--region-name", " ")
    assert code != 0
    assert "region_name: must name a region" in err


def test_region_without_the_service_is_named(openstack: Run) -> None:
    code, _, err = openstack("--os-region-name", "RegionOne", *POD, "list")
    assert code != 0
    assert "no endpoint of type tricircle in region RegionOne" in err


def test_endpoint_can_be_overridden(openstack: Run, url: str) -> None:
    override = ("--os-tricircle-endpoint-override", url)
    assert as_json(openstack("--os-region-name", "RegionOne", *override, *POD, "list", "-f", "json")) == []


@pytest.fixture
def regions(openstack: Run) -> None:
    """The central pod, which has an account, RegionOne and RegionTwo."""
    assert openstack(*POD, "create", "--region-name", "CentralRegion", "--user", USER["name"])[0] == 0
    for region in ("RegionOne", "RegionTwo"):
        assert openstack(*POD, "create", "--region-name", region, "--availability-zone", "az")[0] == 0


def show(openstack: Run, region: str) -> dict[str, Any]:
    pod: dict[str, Any] = as_json(openstack(*POD, "show", region, "-f", "json"))
    return pod


@pytest.mark.parametrize("dash", ["-", "_"])
@pytest.mark.usefixtures("regions")
def test_setting_every_field(openstack: Run, dash: str) -> None:
    before = show(openstack, "RegionOne")
    options = ("--availability-zone", "az9", "--pod-availability-zone", "in", "--data-center", "dc")
    spelled = [part.replace("-", dash).replace(2 * dash, "--", 1) for part in options]
    assert openstack(*POD, "set", before["pod_id"], *spelled) == (0, "", "")
    expected = {**before, "az_name": "az9", "pod_az_name": "in", "dc_name": "dc"}
    assert show(openstack, "RegionOne") == expected
    for option, draining in (("--drain", True), (f"--no{dash}drain", False)):
        assert openstack(*POD, "set", "RegionOne", option) == (0, "", "")
        assert show(openstack, "RegionOne") == {**expected, "draining": draining}
    assert openstack(*POD, "set", "CentralRegion", f"--region{dash}name", "RegionNine") == (0, "", "")
    assert show(openstack, "RegionNine")["az_name"] == ""
    code, _, err = openstack(*POD, "set", "RegionOne")
    assert code != 0
    assert "give one of --region-name" in err


@pytest.mark.usefixtures("regions")
def test_accounts_by_name_or_id(openstack: Run, keystone: requests_mock.Mocker) -> None:
    assert show(openstack, "CentralRegion")["user_id"] == USER["id"]
    assert openstack(*POD, "set", "CentralRegion", "--user", "") == (0, "", "")
    assert show(openstack, "CentralRegion")["user_id"] == ""
    assert openstack(*POD, "set", "CentralRegion", "--user", USER["id"]) == (0, "", "")
    assert show(openstack, "CentralRegion")["user_id"] == USER["id"]
    code, _, err = openstack(*POD, "set", "RegionOne", "--user", "nobody")
    assert code != 0
    assert "nobody" in err
    for path in ("/nobody", ""):
        keystone.get(f"{KEYSTONE}/v3/users{path}", status_code=403)
    assert openstack(*POD, "set", "RegionOne", "--user", "nobody") == (0, "", "")
    assert show(openstack, "RegionOne")["user_id"] == "nobody", "as given: who may not look it up names its id"


@pytest.mark.usefixtures("regions")
def test_the_servers_refusal_of_a_change_is_shown(openstack: Run) -> None:
    code, _, err = openstack(*POD, "set", "CentralRegion", "--drain")
    assert code != 0
    assert "draining: CentralRegion is the central pod" in err


@pytest.mark.usefixtures("regions")
def test_deleting_what_is_gone_for_ever(openstack: Run) -> None:
    code, out, err = openstack(*POD, "delete", "--force", "RegionOne", "CentralRegion", "RegionTwo")
    assert code != 0
    assert "1 of 3 pods failed to delete" in err
    jobs = as_json(openstack("multiregion", "networking", "job", "list", "--type", "pod_delete", "-f", "json"))
    ids = {job["resource"]["pod_id"]: job["id"] for job in jobs}
    for region in ("RegionOne", "RegionTwo"):
        job_id = ids[show(openstack, region)["pod_id"]]
        assert f"Pod {region} is being deleted by job {job_id}\n" in out


def gone(_payload: WholePod) -> None:
    pass


def fails(payload: WholePod) -> None:
    raise NotFound(f"pod {payload.pod_id} is in use")


@pytest.mark.parametrize(("handler", "failure"), [(gone, ""), (fails, "is in use")])
@pytest.mark.usefixtures("regions")
def test_waiting_until_it_is_gone(openstack: Run, sqlite_database: Database, handler: Handler, failure: str) -> None:
    queue = JobQueue(sqlite_database)
    worker = Worker(queue, {JobType.POD_DELETE: handler}, WorkerSettings("worker", poll_interval=0.1))
    worker.start()
    try:
        code, _, err = openstack(*POD, "delete", "--force", "--wait", "RegionOne")
    finally:
        worker.stop()
    assert (code == 0) == (not failure)
    assert failure in err
    code, _, err = openstack(*POD, "delete", "--force", "--wait", "--timeout", "0", "RegionTwo")
    assert code != 0
    assert "is NEW after 0 s" in err
