"""What central computes for the regions of one change does not depend on how many they are, where they are alike."""

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from tests.functional.network.central import CentralCase
from tricircle.db import pods as pods_db
from tricircle.network.extensions import regional_view

FEW, MANY = 2, 6


class TestManyRegions(CentralCase):
    def setUp(self):
        super().setUp()
        (self.group,) = self.call("GET", "security-groups").json["security_groups"]
        self.regions = [f"Region{number}" for number in range(MANY)]
        with self.database.writer() as session:
            for number, region in enumerate(self.regions):
                pods_db.create(session, region_name=region, az_name=f"zone{number}")
        for region in self.regions:
            self.view(region, security_group_ids=[self.group["id"]])

    def views(self, count):
        asked = [
            regional_view.question(region, security_group_ids=[self.group["id"]]) for region in self.regions[:count]
        ]
        response = self.call("POST", "regional-views", body={"regional_views": asked}, caller="service")
        assert response.status_int == 201, response
        return response.json["regional_views"]

    def statements(self, count):
        found = []
        sa.event.listen(Engine, "before_cursor_execute", listen := lambda *args: found.append(args[2]))
        try:
            self.views(count)
        finally:
            sa.event.remove(Engine, "before_cursor_execute", listen)
        return found

    def test_the_groups_of_many_regions_take_as_many_statements_as_those_of_few(self):
        answers = self.views(MANY)  # and what a process does once
        assert all([group["id"] for group in view["security_groups"]] == [self.group["id"]] for view in answers)
        assert self.statements(MANY) == self.statements(FEW)

    def test_a_region_that_gets_the_groups_now_is_told_of_changes_from_then_on(self):
        with self.database.writer() as session:
            newcomer = pods_db.create(session, region_name="Newcomer", az_name="new")
        assert newcomer.pod_id not in self.routings(self.group["id"])
        self.regions.insert(1, "Newcomer")
        answers = self.views(FEW)
        assert [[group["id"] for group in view["security_groups"]] for view in answers] == [[self.group["id"]]] * FEW
        assert newcomer.pod_id in self.routings(self.group["id"])
