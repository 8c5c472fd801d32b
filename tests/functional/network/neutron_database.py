"""Databases with Neutron's schema, and Neutron's own test fixture for one of them."""

import datetime
import re

import sqlalchemy as sa
from neutron.db.migration.models import head as _tables_of_neutron  # noqa: F401
from neutron.db.models.agent import Agent
from neutron_lib import constants
from neutron_lib import fixture as lib_fixtures
from neutron_lib.db import model_base
from oslo_db.sqlalchemy import engines
from oslo_serialization import jsonutils
from oslo_utils import timeutils, uuidutils

from tests.functional.mariadb import MariaDB
from tricircle.db.neutron import models as _tables_of_tricircle  # noqa: F401

# One a database for all tests: it keeps what it has compiled of the models' statements.
_engines: dict[str, sa.Engine] = {}

INSERT = re.compile(r"\s*(?:INSERT|REPLACE)(?:\s+IGNORE)?\s+INTO\s+`?(\w+)`?", re.IGNORECASE)


def create(server: MariaDB) -> str:
    """A database with every table of Neutron's and Tricircle's models; returns its URL."""
    url = server.create_database()
    engine = sa.create_engine(url)
    model_base.BASEV2.metadata.create_all(engine)
    engine.dispose()
    return url


def add_ovs_agent(url: str, host: str, vtep: str) -> None:
    """Have the Neutron of this database know an Open vSwitch agent, which has its last heartbeat tomorrow."""
    now = timeutils.utcnow()
    agent = {
        "id": uuidutils.generate_uuid(),
        "agent_type": constants.AGENT_TYPE_OVS,
        "binary": constants.AGENT_PROCESS_OVS,
        "topic": constants.L2_AGENT_TOPIC,
        "host": host,
        "created_at": now,
        "started_at": now,
        "heartbeat_timestamp": now + datetime.timedelta(days=1),
        "configurations": jsonutils.dumps({"tunnel_types": ["vxlan"], "tunneling_ip": vtep, "bridge_mappings": {}}),
    }
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.insert(Agent).values(agent))
    engine.dispose()


class MariaDBFixture(lib_fixtures.SqlFixture):
    """Neutron of the test's process on a MariaDB database, emptied after the test.

    Neutron's tests have one SQLite connection in memory for all threads, which requests at the same time cannot share.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._filled: set[str] = set()

    def _init_resources(self):
        if self._url not in _engines:
            # oslo.db's engine: Neutron's retries know errors by oslo.db's names.
            _engines[self._url] = engines.create_engine(self._url, max_pool_size=20, max_overflow=40)
        self.engine = _engines[self._url]
        self.addCleanup(self.engine.dispose)  # closes the connections, and can be used again
        listener = (self.engine, "before_cursor_execute", self._note)
        sa.event.listen(*listener)
        self.addCleanup(sa.event.remove, *listener)

    def _note(self, connection, cursor, statement, *_):
        """There are some 200 tables, of which a test fills few: only those are emptied."""
        if inserted := INSERT.match(statement):
            self._filled.add(inserted[1])

    def _delete_from_schema(self, engine):
        with engine.begin() as connection:
            connection.execute(sa.text("SET FOREIGN_KEY_CHECKS = 0"))
            for table in sorted(self._filled):
                connection.execute(sa.table(table).delete())
            connection.execute(sa.text("SET FOREIGN_KEY_CHECKS = 1"))
