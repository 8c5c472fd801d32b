"""Names of code in the pages for contributors: each is there."""

import importlib
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "contributor"
NAME = re.compile(
    r"`((?:tricircle|neutron_lib|neutron|api|db|domain|jobs|network|plans|regions|osc|sdk|cmd|conf)(?:\.\w+)+)`"
)
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


def test_a_name_that_is_gone_is_missed() -> None:
    with pytest.raises(AttributeError):
        resolve("jobs.queue.JobQueue.no_such_method")
