"""What there is of a copy: the states of its row, and how rows of before came by theirs."""

import datetime
import importlib.util
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from neutron.tests.unit import testlib_api
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies, migration
from tricircle.db.neutron.copies import State
from tricircle.db.neutron.models import Copy

MIGRATION = "alembic_migrations/versions/2026.2/expand/8e3fb26d7a40_copy_states.py"


class TestStates(testlib_api.SqlTestCase):
    def setUp(self):
        super().setUp()
        self.admin = n_context.get_admin_context()

    def claim(self, claimant="me"):
        return copies.claim(self.admin, "id", "port", claimant, lease=60)

    def state(self):
        return copies.states(self.admin, ["id"]).get("id")

    def expire(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.update(Copy).values(claimed_until=datetime.datetime(2020, 1, 1)))

    def rest(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            return copies.park(self.admin, "id")

    def is_hidden(self):
        query = sa.select(Copy.resource_id).where(copies.is_parked(Copy.resource_id))
        with db_api.CONTEXT_READER.using(self.admin):
            return self.admin.session.scalar(query) is not None

    def test_a_copy_is_made_by_one(self):
        assert self.state() is None
        assert self.claim()
        assert self.state() is State.MAKING
        assert copies.being_made(self.admin, ["id"]) == {"id"}
        assert not self.claim("another")
        assert copies.settle(self.admin, "id", "me", 7)
        assert self.state() is State.WHOLE
        assert copies.being_made(self.admin, ["id"]) == set()
        assert not self.claim("another")

    def test_what_a_maker_gave_up_the_next_makes(self):
        self.claim()
        copies.release(self.admin, "id", "me")
        assert self.state() is State.HALF_MADE
        assert self.is_hidden()
        assert copies.being_made(self.admin, ["id"]) == set()
        assert self.claim("another")
        assert self.state() is State.MAKING
        assert not copies.settle(self.admin, "id", "me")

    def test_what_a_dead_maker_left_the_next_makes(self):
        self.claim()
        self.expire()
        assert self.state() is State.MAKING
        assert not self.is_hidden()
        assert copies.being_made(self.admin, ["id"]) == set()
        assert self.claim("another")

    def test_only_a_whole_copy_comes_to_rest_and_whoever_claims_it_wakes_it(self):
        self.claim()
        assert not self.rest()
        copies.settle(self.admin, "id", "me", 7)
        assert self.rest()
        assert self.state() is State.PARKED
        assert self.is_hidden()
        assert copies.page(self.admin, "", 10) == []
        assert self.claim()
        assert not self.is_hidden()

    def test_a_tombstone_keeps_the_claim_and_nobody_makes_the_copy(self):
        self.claim()
        copies.set_tombstones(self.admin, {"id": "port"})
        assert self.state() is State.DELETED
        assert copies.being_made(self.admin, ["id"]) == {"id"}
        assert not copies.settle(self.admin, "id", "me")
        copies.release(self.admin, "id", "me")
        assert self.state() is State.DELETED
        assert copies.being_made(self.admin, ["id"]) == set()
        assert not self.claim("another")


# By the state that each is to have: claimant, claimed_until, deleted_at.
SOON, LATER = datetime.datetime(2026, 11, 1), datetime.datetime(2026, 11, 2)
BEFORE = {
    "whole": (None, None, None),
    "making": ("somebody", SOON, None),
    "half_made": (None, SOON, None),
    "parked": (None, datetime.datetime(2000, 1, 1), None),
    "deleted": (None, None, SOON),
    "deleted while it was made": ("somebody", LATER, SOON),
}


def test_rows_of_before_get_their_states():
    spec = importlib.util.spec_from_file_location("copy_states", Path(*migration.__path__) / MIGRATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    columns = [sa.Column(name, sa.DateTime) for name in ("claimed_until", "deleted_at")]
    table = sa.Table(
        "tricircle_copies",
        sa.MetaData(),
        sa.Column("resource_id", sa.String),
        sa.Column("claimant", sa.String),
        *columns,
    )
    with sa.create_engine("sqlite://").begin() as connection:
        table.create(connection)
        names = ("claimant", "claimed_until", "deleted_at")
        rows = [{"resource_id": id_, **dict(zip(names, row, strict=True))} for id_, row in BEFORE.items()]
        connection.execute(sa.insert(table), rows)
        with Operations.context(MigrationContext.configure(connection)):
            module.upgrade()
        found = connection.execute(sa.text("SELECT resource_id, state, claimed_until FROM tricircle_copies")).all()
    assert {id_: state for id_, state, _ in found} == {id_: id_.split()[0] for id_ in BEFORE}
    assert {id_ for id_, _, until in found if until is not None} == {"making", "deleted while it was made"}
