"""Jobs about a whole pod."""

from tricircle.db import pod_jobs
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobType
from tricircle.jobs.queue import JobQueue


def test_they_are_found_and_forgotten_by_pod_and_type(database: Database) -> None:
    queue = JobQueue(database)
    for type_ in (JobType.POD_DRAIN, JobType.POD_DELETE):
        for pod_id in ("p1", "p2"):
            queue.submit(pod_jobs.request(type_, pod_id, ""))
    with database.writer() as session:
        drain = pod_jobs.find(session, JobType.POD_DRAIN, "p1")
        assert drain is not None
        pod_jobs.forget_waiting(session, JobType.POD_DRAIN, "p1")
        assert pod_jobs.find(session, JobType.POD_DRAIN, "p1") is None
    claimed = [queue.claim("worker") for _ in range(4)]
    found = {(job.type, job.resource["pod_id"]) for job in claimed if job is not None}
    assert found == {(JobType.POD_DELETE, "p1"), (JobType.POD_DRAIN, "p2"), (JobType.POD_DELETE, "p2")}


def test_one_that_runs_is_found_and_kept(database: Database) -> None:
    queue = JobQueue(database)
    queue.submit(pod_jobs.request(JobType.POD_DELETE, "p", ""))
    running = queue.claim("worker")
    assert running is not None
    with database.writer() as session:
        pod_jobs.forget_waiting(session, JobType.POD_DELETE, "p")
        assert pod_jobs.find(session, JobType.POD_DELETE, "p") == running.id
    queue.finish(running)
    with database.reader() as session:
        assert pod_jobs.find(session, JobType.POD_DELETE, "p") is None
