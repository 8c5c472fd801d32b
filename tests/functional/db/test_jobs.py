"""Reading the queue and its log."""

from tricircle.db import jobs
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType
from tricircle.jobs.queue import JobQueue


def request(number: int) -> JobRequest:
    return JobRequest(JobType.CONFIGURE_ROUTE, {"router_id": f"r{number}"}, "project")


def test_pages_cover_queue_and_log_without_gap(database: Database) -> None:
    queue = JobQueue(database)
    for number in range(3):
        queue.enqueue([request(number)])
        done = queue.claim("worker")
        assert done is not None
        queue.finish(done)
    queue.enqueue([request(number) for number in range(10, 14)])  # all in the same instant
    with database.reader() as session:
        whole = [job.id for job in jobs.list_page(session, {}, 100, None)]
        assert len(whole) == 7
        assert [job.resource["router_id"] for job in jobs.list_page(session, {"status": "SUCCESS"}, 9, None)] == [
            "r2",
            "r1",
            "r0",
        ]
        for size in (1, 2, 3):
            paged: list[str] = []
            marker = None
            while page := jobs.list_page(session, {}, size, marker):
                paged += [job.id for job in page]
                marker = page[-1].id
            assert paged == whole
        assert [jobs.get(session, job_id).id for job_id in whole] == whole
