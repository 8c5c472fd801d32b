"""How the tests share the machine: each by itself, but those that share a cloud one after the other."""

from typing import Any

import pytest

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # one process: nothing to share
    pass
else:
    # Each with what is in the names of its tests.
    CLOUDS = {"lab": "tests/lab/", "faults": "network/faults/", "galera": "galera"}

    class Together(LoadScopeScheduling):  # type: ignore[misc]
        """Tests that share a cloud go to one worker. What has many starts first, and so the lab, the longest part."""

        def _split_scope(self, nodeid: str) -> str:
            if "::test_sentence[" in nodeid:  # each builds on those before it
                return nodeid.split("-", 1)[0]
            return next((name for name, part in CLOUDS.items() if part in nodeid), nodeid)

    def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
        """Replace the scheduler that `--dist` would choose."""
        return Together(config, log)
