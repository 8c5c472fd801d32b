"""multiregion networking pod."""

from tests.functional.osc.conftest import Run, as_json

POD = ("multiregion", "networking", "pod")


def test_the_manuals_commands(openstack: Run) -> None:
    assert openstack(*POD, "create", "--region-name", "CentralRegion")[0] == 0
    one = as_json(openstack(*POD, "create", "--region-name", "RegionOne", "--availability-zone", "az1", "-f", "json"))
    assert list(one) == ["az_name", "dc_name", "pod_az_name", "pod_id", "region_name"]
    assert (one["az_name"], one["region_name"]) == ("az1", "RegionOne")
    central = ("--os-region-name", "CentralRegion")
    for name in ("RegionOne", one["pod_id"]):
        assert as_json(openstack(*central, *POD, "show", name, "-f", "json")) == one
    listed = as_json(openstack(*central, *POD, "list", "--sort-column", "region_name", "-f", "json"))
    assert [pod["region_name"] for pod in listed] == ["CentralRegion", "RegionOne"]


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
