"""The walk that the manual describes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tricircle_lab.lab import Lab

pytestmark = [pytest.mark.timeout(900)]


@pytest.mark.usefixtures("lab")
def test_demo_can_be_repeated(command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert command("demo") == 0
    said = capsys.readouterr().out
    assert "All passed." in said
    assert "network create" not in said


def test_a_running_lab_is_left_as_it_is(lab: Lab, command: Callable[..., int]) -> None:
    before = {state.name: state.pid for state in lab.status()}
    assert command("up") == 0
    after = lab.status()
    assert {state.name: state.pid for state in after} == before
    assert all(state.ready for state in after), [state for state in after if not state.ready]
