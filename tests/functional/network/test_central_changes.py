"""How long central keeps the changes that became jobs, and what it says of those that it does not show."""

import datetime

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tests.functional.network.central import CentralCase
from tricircle.db.neutron import changes
from tricircle.db.neutron.models import Change as Row
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType

HOUR = 3600
AHEAD = 1 << 40


class TestChanges(CentralCase):
    def change(self):
        change = Change(
            job_type=JobType.UPDATE_NETWORK,
            subject_type=ResourceType.NETWORK,
            subject_id="net",
            field="network_id",
            resource_id="net",
            project_id="project",
        )
        with db_api.CONTEXT_WRITER.using(self.admin):
            return changes.record(self.admin, change)

    def delivered(self, *numbers, hours):
        changes.settle(self.admin, numbers)
        past = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(hours=hours)
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.update(Row).where(Row.id.in_(numbers)).values(delivered_at=past))

    def left(self):
        changes.purge(self.admin, HOUR, 100)
        with db_api.CONTEXT_READER.using(self.admin):
            return set(self.admin.session.scalars(sa.select(Row.id)))

    def test_what_is_purged_is_not_missed_but_what_is_not_there_yet(self):
        old, older, young = (self.change() for _ in range(3))
        self.delivered(old, older, hours=2)
        self.delivered(young, hours=0)
        assert self.left() == {young}
        assert changes.missing(self.admin, [old, older, young]) == set()
        assert changes.missing(self.admin, [old, young, AHEAD]) == {AHEAD}

    def test_the_youngest_stays_and_so_does_what_came_after_one_that_is_no_job_yet(self):
        one, two, three = (self.change() for _ in range(3))
        self.delivered(one, three, hours=2)
        assert self.left() == {two, three}
        self.delivered(two, hours=2)
        assert self.left() == {three}
        assert changes.missing(self.admin, [one, two, three, AHEAD]) == {AHEAD}
