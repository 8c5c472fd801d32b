import pytest

from tricircle.domain import placement
from tricircle.domain.placement import Placed
from tricircle.domain.pods import Pod


def pod(region, az):
    return Pod(pod_id=region, region_name=region, az_name=az, pod_az_name="", dc_name="")


PODS = [pod("CentralRegion", ""), pod("RegionOne", "az1"), pod("RegionTwo", "az2"), pod("RegionThree", "az2")]
ALL = {"RegionOne", "RegionTwo", "RegionThree"}


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ((), ALL),
        (("RegionOne",), {"RegionOne"}),
        (("az2",), {"RegionTwo", "RegionThree"}),
        (("az2", "RegionOne"), ALL),
        (("az9",), set()),
    ],
)
def test_hints_name_regions_and_zones(hints, expected):
    assert placement.allowed_regions(Placed(hints), PODS, "RegionOne") == expected


def test_an_external_network_without_hint_goes_to_the_default_region():
    assert placement.allowed_regions(Placed(external=True), PODS, "RegionTwo") == {"RegionTwo"}
    assert placement.allowed_regions(Placed(("RegionOne",), external=True), PODS, "RegionTwo") == {"RegionOne"}


def test_unknown_hints_are_named_in_order():
    assert placement.unknown_hints(["az9", "RegionOne", "", "CentralRegion"], PODS) == ["az9", "", "CentralRegion"]


@pytest.mark.parametrize(
    ("placed", "local"),
    [
        (Placed(("RegionOne",), "vxlan"), True),
        (Placed(("az1",), "vxlan"), False),
        (Placed(("RegionOne", "RegionTwo"), "vxlan"), False),
        (Placed((), "vxlan"), False),
        (Placed((), "local"), True),
        (Placed((), "vlan", external=True), True),
    ],
)
def test_local_means_exactly_one_region(placed, local):
    assert placement.is_local(placed, PODS) is local
