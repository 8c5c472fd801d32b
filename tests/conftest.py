"""How the tests share the machine: each by itself, but those of the lab one after the other."""

from typing import Any

import pytest

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # one process: nothing to share
    pass
else:

    class LabTogether(LoadScopeScheduling):  # type: ignore[misc]
        """The lab's tests share one cloud, so they go to one worker; it is the longest part, so it starts first."""

        def _split_scope(self, nodeid: str) -> str:
            if "::test_sentence[" in nodeid:  # each builds on those before it
                return nodeid.split("-", 1)[0]
            return "lab" if nodeid.startswith("tests/lab/") else nodeid

    def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LabTogether:
        """Replace the scheduler that `--dist` would choose."""
        return LabTogether(config, log)
