"""What a call tells the calls inside it."""

import contextlib
import copy
import dataclasses
import threading
from types import SimpleNamespace

import pytest

from tricircle.network import call_info
from tricircle.network.call_info import CallInfo, Fields, SurroundingFields, Surroundings


def test_it_holds_inside_and_beside_what_holds_already() -> None:
    context = SimpleNamespace()
    with call_info.on(context, told=True), call_info.on(context, written={"a": 1}) as same:
        assert same is context
        assert call_info.of(context) == CallInfo(told=True, written={"a": 1})
        with call_info.on(context, told=False):
            assert call_info.of(context) == CallInfo(told=False, written={"a": 1})
        assert call_info.of(context).told
    assert call_info.of(context) == CallInfo()


def test_it_ends_with_a_failure() -> None:
    context = SimpleNamespace()
    with contextlib.suppress(RuntimeError), call_info.on(context, reported_by="RegionOne"):
        raise RuntimeError
    assert call_info.of(context).reported_by is None


def test_a_copy_carries_it_on_and_tells_the_original_nothing() -> None:
    context = SimpleNamespace()
    with call_info.on(context, parks=True):
        elevated = copy.copy(context)
        with call_info.on(elevated, told=True):
            assert call_info.of(elevated) == CallInfo(parks=True, told=True)
            assert call_info.of(context) == CallInfo(parks=True)


def test_what_policies_allow_lasts_as_long_as_the_request() -> None:
    context = SimpleNamespace()
    with call_info.on(context, lists_groups=True):
        call_info.allow(context, "get_port")
        call_info.allow(context, "update_port")
    assert call_info.of(context) == CallInfo(allowed=frozenset({"get_port", "update_port"}))


def test_nothing_else_can_be_told() -> None:
    with pytest.raises(TypeError), call_info.on(SimpleNamespace(), tolled=True):  # type: ignore[call-arg]
        pass


def test_surroundings_are_the_thread_s() -> None:
    seen: list[Surroundings] = []
    with call_info.around(judged="request"), call_info.around(hides_companions=True):
        assert call_info.here() == Surroundings("request", hides_companions=True)
        with call_info.around(judged=None):
            assert call_info.here() == Surroundings(None, hides_companions=True)
        other = threading.Thread(target=lambda: seen.append(call_info.here()))
        other.start()
        other.join()
    assert (seen, call_info.here()) == ([Surroundings()], Surroundings())


def test_what_may_be_told_is_all_that_there_is() -> None:
    def names(of: type) -> set[str]:
        return {field.name for field in dataclasses.fields(of)}

    assert Fields.__annotations__.keys() == names(CallInfo) - {"allowed"}
    assert SurroundingFields.__annotations__.keys() == names(Surroundings)
