"""multiregion networking routing."""

import pytest

from tests.functional.osc.conftest import Run, as_json

NETWORKING = ("--os-region-name", "CentralRegion", "multiregion", "networking")
ROUTING = (*NETWORKING, "routing")
FIELDS = [
    "applied_at",
    "bottom_id",
    "created_at",
    "id",
    "pod_id",
    "project_id",
    "resource_type",
    "revision_number",
    "top_id",
    "updated_at",
]


@pytest.fixture
def pod_id(openstack: Run) -> str:
    made = openstack(
        *NETWORKING, "pod", "create", "--region-name", "RegionOne", "--availability-zone", "az1", "-f", "json"
    )
    return str(as_json(made)["pod_id"])


def create(openstack: Run, pod_id: str, top_id: str = "net", dash: str = "-") -> int:
    fields = {
        "top-id": top_id,
        "bottom-id": f"b{top_id}",
        "pod-id": pod_id,
        "project-id": "p",
        "resource-type": "network",
    }
    options = [part for name, value in fields.items() for part in ("--" + name.replace("-", dash), value)]
    made = as_json(openstack(*ROUTING, "create", *options, "-f", "json"))
    assert sorted(made) == FIELDS
    return int(made["id"])


@pytest.mark.parametrize("dash", ["-", "_"])
@pytest.mark.parametrize("set_", ["set", "update"])
def test_life_of_a_routing(openstack: Run, pod_id: str, dash: str, set_: str) -> None:
    number = str(create(openstack, pod_id, dash=dash))
    assert as_json(openstack(*ROUTING, "show", number, "-f", "json"))["bottom_id"] == "bnet"
    assert openstack(*ROUTING, set_, number, f"--bottom{dash}id", "other") == (0, "", "")
    assert as_json(openstack(*ROUTING, "show", number, "-f", "json"))["bottom_id"] == "other"
    assert openstack(*ROUTING, "delete", number) == (0, "", "")
    code, _, err = openstack(*ROUTING, "show", number)
    assert code != 0
    assert f"Routing {number} does not exist" in err


def test_list(openstack: Run, pod_id: str) -> None:
    numbers = [create(openstack, pod_id, name) for name in ("a", "b", "c")]

    def ids(*options: str) -> list[int]:
        return [row["id"] for row in as_json(openstack(*ROUTING, "list", *options, "-f", "json"))]

    assert ids() == numbers[::-1]
    assert ids("--limit", "2") == numbers[:0:-1]
    assert ids("--marker", str(numbers[1])) == numbers[:1]
    for option, value in (("top-id", "b"), ("bottom-id", "bb"), ("id", str(numbers[1]))):
        assert ids(f"--{option}", value) == [numbers[1]]
    for option, value in (("pod-id", pod_id), ("project-id", "p"), ("resource-type", "network")):
        assert ids(f"--{option}", value) == numbers[::-1]
        assert ids(f"--{option.replace('-', '_')}", "other") == []
    (short,) = as_json(openstack(*ROUTING, "list", "--limit", "1", "-f", "json"))
    assert list(short) == ["id", "resource_type", "pod_id", "top_id", "bottom_id"]
    (long,) = as_json(openstack(*ROUTING, "list", "--limit", "1", "--long", "-f", "json"))
    assert sorted(long) == FIELDS


def test_deleting_several_goes_on_after_a_failure(openstack: Run, pod_id: str) -> None:
    numbers = [str(create(openstack, pod_id, name)) for name in ("a", "b")]
    code, _, err = openstack(*ROUTING, "delete", numbers[0], "777", numbers[1])
    assert code != 0
    assert "1 of 3 routings failed to delete" in err
    assert as_json(openstack(*ROUTING, "list", "-f", "json")) == []


def test_setting_nothing_is_an_error(openstack: Run) -> None:
    code, _, err = openstack(*ROUTING, "set", "1")
    assert code != 0
    assert "--bottom-id" in err
