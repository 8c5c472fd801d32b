"""What cannot be written stops nothing else, and is shown until it can be."""

import datetime

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tests.functional.network.central import CentralCase, state
from tricircle.db import jobs as jobs_db
from tricircle.db.models import Job as JobRow
from tricircle.db.neutron import changes
from tricircle.domain.changes import Change
from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobStatus, JobType
from tricircle.domain.routings import ResourceType
from tricircle.jobs.queue import JobQueue
from tricircle.network.central.records import REFUSED_SECONDS

# What no job can be about.
BLANK = "  "


class BadRowCase(CentralCase):
    def setUp(self):
        super().setUp()
        self.net = self.network_of()
        self.subnet_of(self.net)
        self.view("RegionOne", network_ids=[self.net["id"]])
        self.jobs()

    def failed(self):
        """What ``job list --status FAIL`` shows: (type, resource, tries, error)."""
        with self.database.reader() as session:
            found = jobs_db.list_page(session, {"status": JobStatus.FAIL.value}, 100, None)
        return [(job.type, dict(job.resource), job.attempts, job.last_error) for job in found]


class TestReports(BadRowCase):
    def setUp(self):
        super().setUp()
        self.ports = [self.port_of(self.net) for _ in range(5)]
        self.bad = self.ports[2]["id"]

    def reported(self, revision, **of_bad):
        states = [state(port, revision=revision, **(of_bad if port["id"] == self.bad else {})) for port in self.ports]
        answer = self.report("RegionOne", states)
        self.jobs()
        return [refused["id"] for refused in answer["refused"]]

    def up(self):
        return {port["id"] for port in self.plugin.get_ports(self.admin) if port["status"] == "ACTIVE"}

    def test_a_state_that_the_database_does_not_take_keeps_back_no_other(self):
        assert self.reported(1, vif_type=None) == [self.bad]
        assert self.up() == {port["id"] for port in self.ports} - {self.bad}

    def test_it_is_shown_with_its_tries_until_it_is_taken(self):
        resource = {"pod_id": self.pods["RegionOne"].pod_id, "port_id": self.bad}
        for tries in (1, 2):
            self.reported(tries, vif_type=None)
            ((type_, shown, attempts, error),) = self.failed()
            assert (type_, shown, attempts) == (JobType.PORT_UPDATE, resource, tries)
            assert "vif_type" in error
        assert self.reported(3) == []
        assert self.failed() == []
        assert self.bad in self.up()


class TestProjects(BadRowCase):
    """Neutron lets an administrator make something in a project of any name, and in none."""

    def test_a_group_of_any_project_is_told_like_others(self):
        for project_id in ("", "p" * 120, "project"):
            group = {"name": "web", "description": "", "project_id": project_id, "stateful": True}
            made = self.plugin.create_security_group(self.admin, {"security_group": group})
            self.view("RegionOne", security_group_ids=[made["id"]])
            self.jobs()
            changed = {"security_group": {"name": "changed"}}
            self.plugin.update_security_group(self.admin, made["id"], changed)
            told = {resource.get("project_id") for type_, resource in self.jobs() if type_ is JobType.SEG_RULE_SETUP}
            assert told == {project_id or NO_PROJECT}


class TestChanges(BadRowCase):
    def setUp(self):
        super().setUp()
        # As when a process has ended between the commit and the delivery, a while ago.
        with db_api.CONTEXT_WRITER.using(self.admin):
            for resource_id in (BLANK, "network"):
                changes.record(self.admin, self.change(resource_id))
        look = self.plugin._outbox._ages.older_than
        self.plugin._outbox._ages.older_than = lambda newest, age: newest
        self.addCleanup(setattr, self.plugin._outbox._ages, "older_than", look)

    def change(self, resource_id):
        return Change(
            job_type=JobType.UPDATE_NETWORK,
            subject_type=ResourceType.NETWORK,
            subject_id=self.net["id"],
            field="network_id",
            resource_id=resource_id,
            project_id="project",
        )

    def test_one_that_can_be_no_job_keeps_back_no_other(self):
        self.plugin._outbox.sweep()
        network_ids = [resource["network_id"] for _, resource in self.jobs()]
        assert network_ids == ["network"]

    def test_it_is_shown_and_not_met_again(self):
        for _ in range(2):
            self.plugin._outbox.sweep()
            ((type_, shown, attempts, error),) = self.failed()
            assert (type_, attempts) == (JobType.UPDATE_NETWORK, 1)
            assert shown["network_id"] == BLANK
            assert "network_id" in error


class TestRefusedJobs(BadRowCase):
    def stopped(self, network_id, region):
        """A job that ran, and that the region has refused for good."""
        resource = {"pod_id": self.pods[region].pod_id, "network_id": network_id}
        queue = JobQueue(self.database)
        queue.enqueue([JobRequest(JobType.SHADOW_PORT_SETUP, resource, self.net["project_id"])])
        job = queue.claim("worker")
        assert job is not None
        queue.fail(job, "RegionRefusedError: no", retry_in=None)
        return JobType.SHADOW_PORT_SETUP, resource

    def test_they_are_tried_again_when_their_region_has_been_audited(self):
        """Also of a type that no audit compares, but not for each page, nor at once."""
        mine, others = self.stopped(self.net["id"], "RegionOne"), self.stopped(self.net["id"], "RegionTwo")
        self.audit("RegionOne")
        assert mine not in self.jobs()
        with self.database.writer() as session:
            for row in session.scalars(sa.select(JobRow)):
                row.updated_at -= datetime.timedelta(seconds=REFUSED_SECONDS + 1)
        self.audit("RegionOne", until="0" * 36)
        assert mine not in self.jobs()
        self.audit("RegionOne")
        assert mine in self.jobs()
        assert [resource for _, resource, _, _ in self.failed()] == [others[1]]
