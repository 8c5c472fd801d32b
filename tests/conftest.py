"""Tells the tests apart, and how they share the machine.

Every test has the mark of its tier, which its folder says, and `servers` if it needs more than Python: `./dev check`
runs what does not.
"""

import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# A busy machine is no fault of the code's.
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("all", **PATIENT)
# `./dev check` looks at fewer cases of each property, for it is to be quick.
hypothesis.settings.register_profile("check", max_examples=20, **PATIENT)
hypothesis.settings.load_profile("all")

# Of several places that a test is in, the first here says its tier.
TIERS = {
    "functional/network/conformity": "conformity",
    "functional/network/test_neutron_l3_suite.py": "conformity",
    "functional/network/faults": "faults",
    "functional": "functional",
    "lab": "lab",
    "unit": "unit",
}
# Fixtures that start programs of Debian's. A test has them by other fixtures, or by the name of its parameter.
SERVERS = frozenset({"mariadb", "rabbitmq", "galera"})

# Each of these starts a whole Neutron: `./dev check` takes one of so many, always the same ones.
COSTLY, ONE_OF = "functional/network", 2

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test, so that nobody needs to remember."""
    for item in items:
        tier = next(tier for place, tier in TIERS.items() if item.path.is_relative_to(_HERE / place))
        item.add_marker(tier)
        if tier == "lab" or SERVERS & _needs(item):
            item.add_marker("servers")
        if item.path.is_relative_to(_HERE / COSTLY) and zlib.crc32(item.nodeid.encode()) % ONE_OF:
            item.add_marker("left_out")


def _needs(item: pytest.Item) -> set[str]:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {*getattr(item, "fixturenames", ()), *(value for value in parameters if isinstance(value, str))}


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

    @pytest.hookimpl(optionalhook=True)  # one may run without xdist
    def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
        """Replace the scheduler that `--dist` would choose."""
        return Together(config, log)
