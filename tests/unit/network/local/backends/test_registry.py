"""Which backend a region's mechanism drivers mean."""

import logging
from unittest import mock

import pytest

from tricircle.network.local.backends import none, registry

PLUGIN = object()


class Two(none.NoBackend):
    name = "two"

    def __init__(self, plugin: object) -> None:
        self.plugin = plugin


class Three(Two):
    name = "three"


@pytest.fixture(autouse=True)
def _declared():
    declared = {
        "two": registry.Declaration(frozenset({"two", "two-sync"}), Two),
        "three": registry.Declaration(frozenset({"three"}), Three),
    }
    with mock.patch.dict(registry.BACKENDS, declared, clear=True):
        yield


@pytest.mark.parametrize(("drivers", "kind"), [(["sriov", "two"], Two), (["three"], Three), (["two-sync"], Two)])
def test_any_of_its_drivers_means_it(drivers, kind):
    chosen = registry.choose(PLUGIN, drivers)
    assert type(chosen) is kind
    assert isinstance(chosen, Two)
    assert chosen.plugin is PLUGIN


def test_of_several_it_is_the_first_driver_s_and_the_log_says_so(caplog):
    assert registry.choose(PLUGIN, ["three", "two"]).name == "three"
    assert "three is used, and not ['two']" in caplog.text


def test_without_any_the_log_says_once_what_there_is(caplog):
    assert isinstance(registry.choose(PLUGIN, ["sriov", "logger"]), none.NoBackend)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "['sriov', 'logger']" in record.getMessage()
    assert "two: two, two-sync; three: three" in record.getMessage()


def test_a_core_plugin_without_mechanism_drivers_has_none_loaded():
    assert registry.loaded_drivers(PLUGIN) == []
