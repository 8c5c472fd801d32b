"""What servers do now and then goes on, whatever has happened to it once."""

from typing import Any
from unittest import mock

import sqlalchemy as sa
from oslo_db import exception as db_exc

from tests.functional.network.central import CentralCase
from tests.functional.network.local import LocalCase


class Mixin:
    plugin: Any

    def test_without_a_database_the_loops_live_on(self):
        workers = [worker for worker in self.plugin.get_workers() if (worker.desc or "").startswith("tricircle")]
        assert workers
        with mock.patch.object(sa.Engine, "connect", side_effect=db_exc.DBError("away")) as connect:
            for worker in workers:
                tried = connect.call_count
                # A looping call whose function raises is over for good.
                worker._check_func()
                assert connect.call_count > tried, worker.desc


class TestCentral(Mixin, CentralCase):
    pass


class TestRegion(Mixin, LocalCase):
    pass
