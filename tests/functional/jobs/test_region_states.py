"""A worker's requests tell the database which regions answer, and regions without jobs are asked now and then."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.functional.jobs.test_refusals import Refusing
from tests.functional.jobs.test_silent_regions import CONF, Silent, _end_watching
from tests.functional.network import keystone
from tests.functional.ports import free_port
from tests.functional.waiting import eventually
from tricircle.conf import register_client_opts
from tricircle.conf.process import load_conf
from tricircle.db import models, pods, region_states
from tricircle.db.engine import Database
from tricircle.domain.region_states import Reach, RegionState
from tricircle.regions import states
from tricircle.regions.errors import RegionError
from tricircle.regions.pods import Regions
from tricircle.regions.states import RegionStates


class Cloud:
    """Regions ``Alive``, ``Down`` and ``Silent``, and one process that asks them."""

    def __init__(self, database: Database, conf: Any, alive: Refusing) -> None:
        self.database, self.alive = database, alive
        self.states = RegionStates(database)
        self.regions = Regions(conf, database, observe=self.states.see)

    def ask(self, region: str) -> None:
        """One request of a job's."""
        with suppress(RegionError):
            self.regions.named(region).request("POST", "/x", json={"x": {"nonce": ""}})

    def state(self, region: str) -> RegionState:
        with self.database.reader() as session:
            pod_id = pods.get_by_region(session, region).pod_id
            return region_states.of(session, [pod_id])[pod_id]

    def writes(self) -> int:
        with self.database.reader() as session:
            return session.scalar(sa.select(sa.func.sum(models.RegionState.number))) or 0

    def pass_time(self, seconds: float) -> None:
        """Let it be so much later, for the database and this process."""
        with self.database.writer() as session:
            for row in session.scalars(sa.select(models.RegionState)):
                row.checked_at -= timedelta(seconds=seconds)
        for name, written in self.states._written.items():
            self.states._written[name] = states._Written(written.answered, written.at - seconds)


@pytest.fixture
def cloud(sqlite_database: Database, tmp_path: Path) -> Iterator[Cloud]:
    path, alive, silent = tmp_path / "xjob.conf", Refusing(), Silent()
    with ExitStack() as stack:
        stack.callback(silent.close)
        urls = {"Alive": stack.enter_context(alive.serving()), "Silent": silent.url}
        urls["Down"] = f"http://127.0.0.1:{free_port()}"
        path.write_text(CONF.format(auth_url=stack.enter_context(keystone.serving(urls))))
        with sqlite_database.writer() as session:
            for name in urls:
                pods.create(session, region_name=name, az_name="az")
        made = Cloud(
            sqlite_database, load_conf("tricircle-xjob", ["--config-file", str(path)], register_client_opts), alive
        )
        yield made
        made.states.stop()
    _end_watching()


def test_no_request_writes_and_what_is_no_news_nobody_writes(cloud: Cloud) -> None:
    for _ in range(20):
        cloud.ask("Alive")
    assert cloud.writes() == 0
    for _ in range(3):
        cloud.states.write()
        cloud.ask("Alive")
    cloud.states.write()
    assert cloud.writes() == 1
    first = cloud.state("Alive")
    cloud.pass_time(61)
    cloud.states.write()
    assert cloud.writes() == 1, "what was seen before is no sign that it answers now"
    cloud.ask("Alive")
    cloud.states.write()
    refreshed = cloud.state("Alive")
    assert (refreshed.state, refreshed.since, cloud.writes()) == (Reach.UP, first.since, 2)


def test_refusals_are_answers_and_proxies_pages_are_not(cloud: Cloud) -> None:
    for refusal, reach in (
        ((400, "InvalidInput"), Reach.UP),
        ((409, "SubnetInUse"), Reach.UP),
        ((500, "HTTPInternalServerError"), Reach.UP),
        ((503, "ServiceUnavailable"), Reach.UP),
        ((502, None), Reach.UNREACHABLE),
        ((401, None), Reach.UNREACHABLE),
    ):
        cloud.alive.refusals = [refusal] * 2  # a token that is not accepted is renewed, once
        cloud.ask("Alive")
        cloud.alive.refusals = []
        cloud.states.write()
        cloud.pass_time(61)
        assert cloud.state("Alive").state is reach, refusal
    assert "does not accept Tricircle's token" in (cloud.state("Alive").last_error or "")


def test_a_region_that_flaps_is_written_seldom(cloud: Cloud) -> None:
    for _ in range(10):
        cloud.states.see("Alive", "refused")
        cloud.states.write()
        cloud.states.see("Alive", None)
        cloud.states.write()
    assert cloud.writes() == 1
    cloud.pass_time(5)
    cloud.states.write()
    assert (cloud.state("Alive").state, cloud.writes()) == (Reach.UP, 2)


def test_regions_without_jobs_are_asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TICK_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(states, name, 0.05)
    cloud.states.start(cloud.regions)
    for region, reach in (("Alive", Reach.UP), ("Down", Reach.UNREACHABLE), ("Silent", Reach.UNREACHABLE)):
        eventually(lambda region=region, reach=reach: cloud.state(region).state is reach, 15)
    assert "Silent does not answer" in (cloud.state("Silent").last_error or "")
    assert cloud.writes() == 3


def test_a_database_that_is_away_loses_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "TICK_SECONDS", 0.05)
    with monkeypatch.context() as away:
        away.setattr(cloud.database, "write", _fail)
        cloud.ask("Down")
        cloud.states.start(cloud.regions)
        eventually(lambda: bool(_failures), 10)
    eventually(lambda: cloud.state("Down").state is Reach.UNREACHABLE, 15)


_failures: list[int] = []


def _fail(*_: Any) -> None:
    _failures.append(1)
    raise OSError("no database")
