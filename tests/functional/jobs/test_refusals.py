"""What a region refuses: what may pass is tried again, what cannot is shown, and tried when somebody asks anew."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functional.jobs.test_silent_regions import CONF, Server
from tests.functional.network import keystone
from tests.functional.waiting import eventually
from tricircle.conf import register_client_opts
from tricircle.conf.process import load_conf
from tricircle.db import jobs, models, pod_jobs, pods, routings
from tricircle.db.engine import Database
from tricircle.domain.jobs import Job, JobRequest, JobStatus, JobType
from tricircle.domain.routings import NewRouting
from tricircle.jobs import handlers
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.worker import DOUBTFUL_RUNS, Worker, WorkerSettings
from tricircle.regions.pods import Regions

# An answer: its HTTP status, and Neutron's name for the error; None: the body is not Neutron's, but a proxy's.
Refusal = tuple[int, str | None]

FINAL: tuple[Refusal, ...] = (
    (400, "HTTPBadRequest"),
    (405, "HTTPMethodNotAllowed"),
    (413, "HTTPRequestEntityTooLarge"),
    (413, None),
    (415, "HTTPUnsupportedMediaType"),
    (422, "HTTPUnprocessableEntity"),
)
DOUBTFUL: Refusal = (400, "InvalidInput")
PASSING: tuple[Refusal, ...] = (
    (400, "BadRequest"),
    (400, None),
    (401, None),
    (403, "PolicyNotAuthorized"),
    (404, "NetworkNotFound"),
    (404, None),
    (408, "RequestTimeout"),
    (409, "SubnetInUse"),
    (425, "TooEarly"),
    (429, "TooManyRequests"),
    (500, "HTTPInternalServerError"),
    (503, "ServiceUnavailable"),
)


class Refusing(Server):
    """A region that answers so, one request after the other, and then does what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[Refusal] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.refusals:
            return super().__call__(environ, start_response)
        status, kind = self.refusals.pop(0)
        start_response(f"{status} No", [("Content-Type", "application/json")])
        error = {"NeutronError": {"type": kind, "message": f"no {status}"}}
        return [json.dumps(error).encode() if kind else b"<html>no</html>"]


class Cloud:
    """A worker at work, and regions with a project's group."""

    def __init__(self, database: Database, queue: JobQueue, region: Refusing, other: Server) -> None:
        self.database, self.queue, self.region, self.other = database, queue, region, other

    def ask(self) -> None:
        """The groups have changed."""
        self.queue.enqueue([JobRequest(JobType.SEG_RULE_SETUP, {"project_id": "project"}, "project")])

    def job(self) -> Job | None:
        """That of the region that refuses, as long as it is in the queue."""
        with self.database.reader() as session:
            pod_id = pods.get_by_region(session, "Refusing").pod_id
            found = jobs.list_page(session, {"type": "seg_rule_sync"}, 100, None)
        return next((job for job in found if job.resource["pod_id"] == pod_id and not job.logged), None)

    def has_stopped(self) -> bool:
        job = self.job()
        return job is not None and job.status is JobStatus.FAIL and job.next_attempt_at is None


@pytest.fixture
def cloud(sqlite_database: Database, tmp_path: Path) -> Iterator[Cloud]:
    region, other, path = Refusing(), Server(), tmp_path / "xjob.conf"
    with ExitStack() as stack:
        servers = {"CentralRegion": Server(), "Refusing": region, "Other": other}
        urls = {name: stack.enter_context(server.serving()) for name, server in servers.items()}
        path.write_text(CONF.format(auth_url=stack.enter_context(keystone.serving(urls))))
        with sqlite_database.writer() as session:
            pods.create(session, region_name="CentralRegion")
            for name in ("Refusing", "Other"):
                pod_id = pods.create(session, region_name=name, az_name="az").pod_id
                routings.ensure(session, [NewRouting("group", "group", pod_id, "project", "security_group")])
        conf = load_conf("tricircle-xjob", ["--config-file", str(path)], register_client_opts)
        queue = JobQueue(sqlite_database)
        work = WorkerSettings("worker", threads=4, poll_interval=0.02, longest_delay=0.05)
        worker = Worker(queue, handlers.build(Regions(conf, sqlite_database), sqlite_database), work)
        worker.start()
        yield Cloud(sqlite_database, queue, region, other)
        worker.stop(grace=1)


def test_what_no_retry_can_change_ends_the_job_with_its_reason(cloud: Cloud) -> None:
    """The first answer counts; the other region has what it is to have, and an administrator runs it again."""
    for number, (code, kind) in enumerate(FINAL, 1):
        cloud.region.refusals = [(code, kind)] * 2
        cloud.ask()
        eventually(cloud.has_stopped, 10)
        job = cloud.job()
        assert job is not None
        assert job.attempts == 1
        reason = "of that size" if code == 413 else f"no {code}"
        assert reason in (job.last_error or ""), (code, kind)
        assert "RegionRefusedError" in (job.last_error or "")
        eventually(lambda number=number: cloud.other.told == number, 10)
        cloud.queue.redo(job.id)
        eventually(lambda: not cloud.region.refusals and cloud.has_stopped(), 10)
        cloud.queue.redo(job.id)
        eventually(lambda number=number: cloud.region.told == number, 10)
        eventually(lambda: cloud.job() is None, 10)


def test_values_that_are_refused_are_tried_for_a_while(cloud: Cloud) -> None:
    """What is in their way may go meanwhile: a subnet overlaps one that another job is just taking away."""
    cloud.region.refusals = [DOUBTFUL] * (DOUBTFUL_RUNS - 1)
    cloud.ask()
    eventually(lambda: cloud.region.told == 1, 10)
    eventually(lambda: cloud.job() is None, 10)
    cloud.region.refusals = [DOUBTFUL] * 99
    cloud.ask()
    eventually(cloud.has_stopped, 10)
    job = cloud.job()
    assert job is not None
    assert (job.attempts, len(cloud.region.refusals)) == (DOUBTFUL_RUNS, 99 - DOUBTFUL_RUNS)
    assert job.last_error == "RegionObjectionError: no 400"


def test_values_that_are_refused_after_an_outage_are_tried_again(cloud: Cloud) -> None:
    cloud.region.refusals = [(409, "SubnetInUse")] * 2 * DOUBTFUL_RUNS + [DOUBTFUL]
    cloud.ask()
    eventually(lambda: cloud.region.told == 1, 10)
    eventually(lambda: cloud.job() is None, 10)
    cloud.region.refusals = [(409, "SubnetInUse")] * 2 * DOUBTFUL_RUNS + [DOUBTFUL] * 9
    cloud.ask()
    eventually(cloud.has_stopped, 10)
    assert len(cloud.region.refusals) == 7


def test_what_may_pass_is_tried_again(cloud: Cloud) -> None:
    for number, refusal in enumerate(PASSING, 1):
        cloud.region.refusals = [refusal] * 4  # some of them one run's: it sends a request again that may be repeated
        cloud.ask()
        eventually(lambda number=number: cloud.region.told == number, 20)


def test_the_next_change_tries_again(cloud: Cloud) -> None:
    cloud.region.refusals = [FINAL[0]]
    cloud.ask()
    eventually(cloud.has_stopped, 10)
    cloud.ask()
    eventually(lambda: cloud.region.told == 1, 10)


def test_the_next_audit_of_the_region_tries_again(cloud: Cloud) -> None:
    """But not at once what was refused just now, nor what is another region's, nor what is merely shown as a job."""
    cloud.region.refusals = [FINAL[0]]
    cloud.ask()
    eventually(cloud.has_stopped, 10)
    job = cloud.job()
    assert job is not None
    pod_id = job.resource["pod_id"]
    shown = JobRequest(JobType.PORT_UPDATE, {"pod_id": pod_id, "port_id": "port"}, "project")
    cloud.database.write(lambda session: jobs.park(session, shown, "central cannot write what is reported"))

    def ask_again(pod: str, rest: float) -> int:
        return cloud.database.write(lambda session: pod_jobs.ask_again(session, pod, rest))

    assert ask_again(pod_id, 300) == 0
    with cloud.database.writer() as session:
        session.execute(sa.update(models.Job).values(updated_at=models.Job.__table__.c.created_at))
        (created_at,) = session.scalars(sa.select(models.Job.created_at).where(models.Job.id == job.id))
        session.execute(sa.update(models.Job).values(updated_at=created_at - timedelta(seconds=301)))
    assert ask_again("other", 300) == 0
    assert ask_again(pod_id, 300) == 1
    eventually(lambda: cloud.region.told == 1, 10)

    def types() -> list[str]:
        with cloud.database.reader() as session:
            return [row.type for row in session.scalars(sa.select(models.Job))]

    eventually(lambda: types() == ["port_update"], 10)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(refusals=st.lists(st.sampled_from((*FINAL, *PASSING, DOUBTFUL)), max_size=9))
def test_whatever_a_region_answers_nothing_is_lost(cloud: Cloud, refusals: list[Refusal]) -> None:
    """Either the region is told in the end, or the job is there, stopped, with its reason, and goes on when asked."""
    before, cloud.region.refusals = cloud.region.told, list(refusals)
    cloud.ask()
    while cloud.region.told == before:
        eventually(lambda: cloud.region.told > before or cloud.has_stopped(), 20)
        job = cloud.job()
        if job is not None and cloud.has_stopped():
            assert "RegionRefusedError" in (job.last_error or "") or "RegionObjectionError" in (job.last_error or "")
            cloud.queue.redo(job.id)
    eventually(lambda: cloud.job() is None, 10)
    assert not cloud.region.refusals
