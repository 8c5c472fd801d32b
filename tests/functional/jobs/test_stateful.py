"""The queue keeps its promises, whatever comes in whatever order."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.functional.galera import SIZE, Galera, Node
from tests.functional.jobs.queue_machine import Home, QueueMachine
from tricircle.db import models, schema
from tricircle.db.engine import Database

# Longer than a few steps.
LAG_SECONDS = 0.02
SETTINGS = settings(
    max_examples=settings().max_examples // 2, stateful_step_count=25, deadline=None, report_multiple_bugs=False
)


@contextmanager
def sqlite() -> Iterator[list[Database]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/tricircle.sqlite")
        schema.sync(database)
        yield [database]
        database.dispose()


class GaleraMachine(QueueMachine):
    """Some nodes lag behind at times."""

    nodes: Sequence[Node] = ()

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._lagging: list[Thread] = []

    def teardown(self) -> None:
        for thread in self._lagging:
            thread.join()
        super().teardown()

    @rule(number=st.integers(0, SIZE - 1))
    def lag(self, number: int) -> None:
        self._lagging.append(self.nodes[number].lag(LAG_SECONDS))


def run(machine: Callable[[], QueueMachine]) -> None:
    """Hypothesis takes whatever makes a machine, though it asks for a class."""
    factory: Any = machine
    run_state_machine_as_test(factory, settings=SETTINGS)


def test_one_server() -> None:
    run(lambda: QueueMachine(sqlite))


def test_galera_each_step_at_another_node(galera: Galera) -> None:
    urls = galera.create_database()
    databases = [Database(url) for url in urls]
    schema.sync(databases[0])

    @contextmanager
    def cluster() -> Iterator[list[Database]]:
        yield databases
        with databases[0].writer() as session:
            for model in (models.Job, models.JobLog):
                session.execute(sa.delete(model))

    GaleraMachine.nodes = galera.nodes
    run(lambda: GaleraMachine(cluster))
    for database in databases:
        database.dispose()
    galera.drop_database(urls)
