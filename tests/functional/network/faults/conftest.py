"""Fixtures of these tests."""

from tests.functional.network.faults.cloud import cloud, outside

__all__ = ["cloud", "outside"]
