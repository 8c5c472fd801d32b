"""Which of Neutron's cases are run, and how its set-up of a test is made quick."""

import copy
from collections.abc import Iterator

import pytest
from oslo_policy import policy

from tests.functional.network.conformity import adopt


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out here, by name, so that a case can still call another that is left out."""
    adopted = [item for item in items if isinstance(item, pytest.Function) and _is_adopted(item)]
    left_out = [item for item in adopted if not adopt.is_run(item.cls.__name__, item.name)]
    left: set[pytest.Item] = set(left_out)
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left_out)


def _is_adopted(item: pytest.Function) -> bool:
    return item.cls is not None and item.module.__name__.startswith(__package__)


@pytest.fixture(autouse=True, scope="session")
def _shallow_rules() -> Iterator[None]:
    """Each test registers some thousand policy rules, and oslo.policy copies each deeply.

    The copy protects the rule's attributes, which the engine replaces, so that a shallow one does: it halves the time
    of a test.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy.RuleDefault, "__deepcopy__", lambda rule, _: copy.copy(rule), raising=False)
        yield
