"""A lab grows while it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.conftest import CACHE_DIR
from tricircle_lab.instances import BootRequest
from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def test_a_third_region_disturbs_no_other(lab: Lab, command: Callable[..., int]) -> None:
    before = {state.name: state.pid for state in lab.status()}
    assert command("up", "--regions", "3") == 0
    grown = Lab.open(lab.layout.state_dir, CACHE_DIR)
    after = {state.name: state for state in grown.status()}
    assert {name: after[name].pid for name in before} == before
    assert all(state.ready for state in after.values()), [state for state in after.values() if not state.ready]
    # The walk gives the new region its pod; a network without a hint may then stretch to it.
    assert command("demo") == 0
    third = grown.region("RegionThree")
    instance = grown.instances.boot(BootRequest("third", third, network="net3"))
    assert instance.addresses
    grown.instances.delete("third")
