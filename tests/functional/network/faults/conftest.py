"""Fixtures of these tests, and how long they may take."""

from pathlib import Path

import pytest

from tests.functional.network.faults.cloud import cloud, outside
from tests.functional.network.faults.extent import EXTENT, Extent

__all__ = ["cloud", "outside"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each fault takes some seconds: a test with all of them may take any time."""
    if EXTENT is Extent.ALL:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.timeout(0))
