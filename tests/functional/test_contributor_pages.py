"""Names of code in the pages for contributors: each is there."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from tricircle.network import neutron_internals

PAGES = Path(__file__).parents[2] / "docs" / "contributor"
NAME = re.compile(
    r"`((?:tricircle|neutron_lib|neutron|api|db|domain|jobs|network|plans|regions|osc|sdk|cmd|conf)(?:\.\w+)+)`"
)
NEUTRONS = re.compile(r"``((?:neutron_lib|neutron)(?:\.\w+)+)``")
ROOTS = ("tricircle", "neutron", "tests")


def resolve(name: str) -> object:
    """The module, class, function or attribute of a dotted name.

    :raises AttributeError: there is none.
    """
    parts = (name if name.startswith(ROOTS) else f"tricircle.{name}").split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)


@pytest.mark.parametrize("page", ["architecture.md", "neutron-internals.md"])
def test_every_name_is_found(page: str) -> None:
    names = NAME.findall((PAGES / page).read_text())
    assert len(names) > 20
    missing = []
    for name in names:
        try:
            resolve(name)
        except AttributeError:
            missing.append(name)
    assert missing == []


def test_the_page_of_neutron_s_internals_has_all_of_them() -> None:
    page = set(NAME.findall((PAGES / "neutron-internals.md").read_text()))
    ours = {
        name: one
        for name, one in vars(neutron_internals).items()
        if inspect.isfunction(one) or inspect.isclass(one)
        if one.__module__ == neutron_internals.__name__ and not name.startswith("_")
    }
    assert {f"network.neutron_internals.{name}" for name in ours} - page == set()
    documented = set(NEUTRONS.findall(inspect.getsource(neutron_internals)))
    assert len(documented) > 15
    assert documented - page == set()


def test_a_name_that_is_gone_is_missed() -> None:
    with pytest.raises(AttributeError):
        resolve("jobs.queue.JobQueue.no_such_method")
