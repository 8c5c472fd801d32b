"""Fixtures of the plugins' tests: central Neutron, and a database for the region's."""

from collections.abc import Iterator

import pytest

from tests.functional.mariadb import MariaDB
from tests.functional.network import neutron_database
from tests.functional.network.central_server import CentralServer


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
