"""No job is lost, whatever dies: workers, those who ask, the database, the broker."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.jobs import load
from tests.functional.mariadb import MariaDB
from tests.functional.rabbitmq import RabbitMQ
from tests.functional.waiting import eventually
from tricircle.db import schema
from tricircle.db.engine import Database

KILLS = 12
DRAIN_SECONDS = 120


def test_processes_are_killed_at_random(database: Database, tmp_path: Path) -> None:
    is_sqlite = database.url.get_backend_name() == "sqlite"
    setting = load.Setting(database.url.render_as_string(hide_password=False), tmp_path)
    with load.running(load.Load(setting, workers=2 if is_sqlite else 4)) as processes:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.1, 0.6))
            processes.kill_one()
        eventually(processes.is_put, DRAIN_SECONDS)
        eventually(lambda: load.left(database) == 0, DRAIN_SECONDS)
    load.assert_all_ran(setting, processes.count)


@pytest.fixture
def own_mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server that no other test uses."""
    server = MariaDB(tmp_path_factory.mktemp("own-mariadb"))
    server.install()
    server.start()
    yield server
    server.kill()


def test_database_and_broker_go_and_come_back(own_mariadb: MariaDB, rabbitmq: RabbitMQ, tmp_path: Path) -> None:
    database = Database(own_mariadb.create_database(), max_retries=-1)
    schema.sync(database)
    setting = load.Setting(database.url.render_as_string(hide_password=False), tmp_path, rabbitmq.url)
    with load.running(load.Load(setting, workers=3, count=1200)) as processes:
        eventually(lambda: any(setting.lines("ran-*")), 60)
        own_mariadb.kill()
        time.sleep(1)
        own_mariadb.start()
        rabbitmq.stop()
        eventually(processes.is_put, DRAIN_SECONDS)
        eventually(lambda: load.left(database) == 0, DRAIN_SECONDS)
    load.assert_all_ran(setting, processes.count)
    database.dispose()
