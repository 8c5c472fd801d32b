"""What is said of changes in few and in many regions."""

import argparse

import pytest

from benchmarks import scale
from benchmarks.scale import Series


def series(regions: int, seconds: list[float], central: float) -> Series:
    return Series("a rule", regions, seconds, {"central": central, "worker": 1.0, "a region": 0.5})


def test_each_figure_stands_beside_the_same_of_more_regions() -> None:
    found = scale.figures([series(30, [3.0, 4.0, 9.0], 0.6), series(10, [1.0, 1.5, 2.0], 0.3)])
    assert [figure.name for figure in found[:4]] == [
        "a rule in 10 regions: median",
        "a rule in 30 regions: median",
        "a rule in 10 regions: worst",
        "a rule in 30 regions: worst",
    ]
    assert [(figure.value, figure.ok) for figure in found[:4]] == [(1.5, None), (4.0, None), (2.0, True), (9.0, False)]


def test_time_may_grow_with_the_regions_and_what_a_rule_costs_central_may_not() -> None:
    (median, central) = scale.figures([series(10, [1.0], 0.1), series(30, [2.9], 0.2)])[-2:]
    assert (median.value, median.target, median.ok) == (2.9, 3.0, True)
    assert (central.value, central.ok) == (2.0, False)


def test_what_one_change_costs_is_a_share_of_what_all_have() -> None:
    assert series(10, [1.0, 1.0], 0.5).cpu_of_one("central") == 0.25


@pytest.mark.parametrize("text", ["1,10", "0"])
def test_of_one_region_there_is_nothing_to_measure(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="two regions"):
        scale._counts(text)
