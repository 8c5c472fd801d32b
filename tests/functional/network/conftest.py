"""Fixtures of the plugins' tests: central Neutron, and a database for the region's."""

from collections.abc import Iterator

import pytest
from neutron.notifiers import batch_notifier

from tests.functional.mariadb import MariaDB
from tests.functional.network import neutron_database
from tests.functional.network.central_server import CentralServer
from tests.functional.network.quick import _extensions_are_loaded_once, _policies_are_declared_once

__all__ = ["_extensions_are_loaded_once", "_policies_are_declared_once"]


@pytest.fixture(autouse=True, scope="session")
def _nobody_to_notify() -> Iterator[None]:
    """No Nova and no Placement run here to be told of ports and segments.

    Neutron's base class silences the notifiers for the time of a test; their threads outlive it, and then fail.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_notifier.BatchNotifier, "queue_event", lambda notifier, event: None)
        yield


@pytest.fixture(scope="session")
def central_server(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """Central Neutron, once for all tests: each uses projects and networks of its own."""
    server = CentralServer(tmp_path_factory.mktemp("central"), neutron_database.create(mariadb))
    server.start()
    try:
        server.add_default_rules()
        yield server
    finally:
        server.stop()
        server.tricircle.dispose()


@pytest.fixture(scope="session")
def region_database(mariadb: MariaDB) -> str:
    """URL of the database of the region's Neutron; each test leaves it empty."""
    return neutron_database.create(mariadb)
