"""A change becomes jobs by itself, when the transaction that recorded it is committed, and not before."""

import contextlib
from unittest import mock

import pytest
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tests.functional.network.central import CentralCase
from tests.functional.network.central_routers import RouterCase
from tests.functional.network.commits import failing_commits
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType
from tricircle.jobs.queue import JobQueue
from tricircle.network.central import outbox


@contextlib.contextmanager
def deliveries():
    """How many jobs each delivery made."""
    made, enqueue = [], JobQueue.enqueue

    def noted(queue, requests):
        requests = list(requests)
        made.append(len(requests))
        enqueue(queue, requests)

    with mock.patch.object(JobQueue, "enqueue", noted):
        yield made


class OutboxCase(CentralCase):
    """A network that RegionOne has; a change of it is a job there."""

    def setUp(self):
        super().setUp()
        self.net = self.network_of()
        self.view("RegionOne", network_ids=[self.net["id"]])
        self.jobs()

    def record(self, resource_id, context=None):
        change = Change(
            job_type=JobType.UPDATE_NETWORK,
            subject_type=ResourceType.NETWORK,
            subject_id=self.net["id"],
            field="network_id",
            resource_id=resource_id,
            project_id="project",
        )
        return self.plugin._outbox.record(context or self.admin, change)

    def transaction(self):
        return db_api.CONTEXT_WRITER.using(self.admin)

    def told(self):
        return sorted(resource["network_id"] for _, resource in self.jobs())

    def swept(self):
        with mock.patch.object(outbox, "YOUNG", 0):
            self.plugin._outbox.sweep()
        return self.told()


class TestCommit(OutboxCase):
    def test_it_is_delivered_after_the_outermost_transaction(self):
        with self.transaction():
            with self.transaction():
                self.record("inner")
            self.record("outer", self.admin.elevated())
            assert self.told() == []
        assert self.told() == ["inner", "outer"]
        assert self.swept() == [], "once"

    def test_what_is_rolled_back_is_not_delivered(self):
        with contextlib.suppress(RuntimeError), self.transaction():
            self.record("gone")
            raise RuntimeError
        with self.transaction():
            self.record("stays")
        assert (self.told(), self.swept()) == (["stays"], [])

    def test_what_a_savepoint_takes_back_is_not_delivered(self):
        with self.transaction():
            self.record("before")
            with contextlib.suppress(RuntimeError), self.admin.session.begin_nested():
                self.record("gone")
                raise RuntimeError
            with self.admin.session.begin_nested():
                self.record("inside")
            assert self.told() == [], "a savepoint is no commit"
        assert (self.told(), self.swept()) == (["before", "inside"], [])

    def test_after_a_commit_that_failed_the_next_try_is_delivered_once(self):
        @db_api.retry_db_errors
        def act():
            with self.transaction():
                self.record("net")

        with failing_commits(1, db_exc.DBDeadlock()) as failed, deliveries() as made:
            act()
        assert (failed, made) == ([1], [1])
        assert (self.told(), self.swept()) == (["net"], [])

    def test_no_failure_of_a_delivery_is_the_caller_s(self):
        for error in (db_exc.DBConnectionError(), RuntimeError("whatever it is")):
            with mock.patch.object(JobQueue, "enqueue", side_effect=error), self.transaction():
                self.record("net")
            assert self.told() == []
            assert self.swept() == ["net"]

    def test_several_transactions_are_delivered_together(self):
        with deliveries() as made, self.plugin._outbox.together(self.admin):
            for resource_id in ("one", "two"):
                with self.transaction():
                    self.record(resource_id, self.admin.elevated())
            with self.plugin._outbox.together(self.admin), self.transaction():
                self.record("three")
            assert made == []
        assert made == [3]
        assert (self.told(), self.swept()) == (["one", "three", "two"], [])

    def test_together_with_an_end_inside_a_transaction(self):
        with self.transaction():
            with self.plugin._outbox.together(self.admin):
                self.record("net")
            assert self.told() == []
        assert (self.told(), self.swept()) == (["net"], [])

    def test_what_was_done_before_a_failure_is_delivered(self):
        with pytest.raises(RuntimeError), self.plugin._outbox.together(self.admin):
            with self.transaction():
                self.record("net")
            raise RuntimeError
        assert (self.told(), self.swept()) == (["net"], [])


class TestRouters(RouterCase):
    """Neutron makes a port, and in another transaction what makes it the router's."""

    def setUp(self):
        super().setUp()
        self.outside = self.external("RegionOne")

    def interface(self, number):
        """A router, and what gives it an interface."""
        router_id, subnet = self.router_of(), self.subnet_in("RegionOne", cidr=f"10.0.{number}.0/24")
        return router_id, lambda: self.l3.add_router_interface(self.admin, router_id, {"subnet_id": subnet["id"]})

    def outward(self, number):
        """A router, and what gives it a gateway."""
        router_id = self.router_of()
        gateway = {"router": {"external_gateway_info": {"network_id": self.outside["network_id"]}}}
        return router_id, lambda: self.l3.update_router(self.admin, router_id, gateway)

    def routers_told(self):
        return [resource["router_id"] for type_, resource in self.jobs() if type_ is JobType.CONFIGURE_ROUTE]

    def test_a_call_is_delivered_once_when_all_of_it_is_done(self):
        for prepare in (self.interface, self.outward):
            router_id, act = prepare(1)
            self.jobs()
            with deliveries() as made:
                act()
            assert len(made) == 1
            assert self.routers_told() == [router_id]

    def test_after_a_crash_at_any_commit_the_sweep_finds_the_router(self):
        for prepare in (self.interface, self.outward):
            number, crashed = 0, True
            while crashed:
                number += 1
                router_id, act = prepare(number)
                self.jobs()
                crashed = self.crashes(act, number)
                with mock.patch.object(outbox, "YOUNG", 0):
                    self.plugin._outbox.sweep()
                joined = self.plugin.get_ports(self.admin, filters={"device_id": [router_id]})
                assert (router_id in self.routers_told()) or not joined, number
            assert number > 2, "several transactions"

    @staticmethod
    def crashes(act, number):
        """Whether the call has so many commits; the last of them is then the end of the process."""
        with (
            mock.patch.object(outbox.Outbox, "_deliver_numbers"),
            failing_commits(number, SystemExit()) as failed,
            contextlib.suppress(SystemExit),
        ):
            act()
        return bool(failed)
