"""Fixtures of these tests; by hand: ``TRICIRCLE_FAULTS=some ./dev test tests/functional/network/faults``."""

from tests.functional.network.faults.cloud import cloud, outside
from tests.functional.network.faults.extent import WANTED

__all__ = ["cloud", "outside"]

collect_ignore_glob = [] if WANTED else ["test_*.py"]
