"""How an error of another Neutron is answered: by its code and name, and by the class that code looks for."""

import pytest
from neutron_lib import exceptions as n_exc

from tricircle.network import exceptions
from tricircle.regions.errors import RegionError, RegionUnavailableError


@pytest.mark.parametrize(
    ("code", "kind", "classes"),
    [
        (409, "OutdatedIncarnation", {exceptions.CentralConflict, exceptions.OutdatedIncarnation}),
        (409, "IpAddressInUse", {exceptions.CentralConflict, n_exc.IpAddressInUse}),
        (404, "DeletedAtCentral", {exceptions.CentralNotFound, exceptions.DeletedAtCentral}),
        (409, "SomethingOfAnExtension", {exceptions.CentralConflict}),
        (409, "CentralConflict", {exceptions.CentralConflict}),
        (409, "no name", {exceptions.CentralConflict}),
    ],
)
def test_central_s_word_is_of_the_class_of_its_name(code: int, kind: str, classes: set[type]) -> None:
    error = exceptions.from_central(RegionError(code, "its words", kind), "networks")
    assert all(isinstance(error, known) for known in classes)
    assert str(error) == "its words"
    if kind.isidentifier():
        assert type(error).__name__ == kind


def test_a_conflict_of_another_name_is_no_outdated_incarnation() -> None:
    error = exceptions.from_central(RegionError(409, "its words", "IpAddressInUse"), "networks")
    assert not isinstance(error, exceptions.OutdatedIncarnation)


def test_a_region_s_word_is_of_the_class_of_its_name() -> None:
    error = exceptions.from_region(RegionError(404, "its words", "PortNotFound"), "RegionOne")
    assert isinstance(error, exceptions.RegionNotFound)
    assert isinstance(error, n_exc.PortNotFound)


def test_whoever_cannot_answer_is_unavailable_whatever_it_says() -> None:
    error = exceptions.from_central(RegionUnavailableError("its words", "OutdatedIncarnation"), "networks")
    assert type(error) is exceptions.CentralUnavailable
