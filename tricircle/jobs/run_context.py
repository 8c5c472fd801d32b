"""What surrounds the run of a job: its lease, and the requests that it answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from oslo_context.context import RequestContext

from tricircle.domain import leases, requests
from tricircle.domain.jobs import Job


@contextmanager
def running(job: Job, lease: leases.Lease) -> Iterator[None]:
    """Do the block's work for a job, under its lease.

    Lines of the log, and requests to other servers, carry one id: of the requests that the job answers the youngest,
    which is why it runs now. Beside it the log has the job's own id, in the form of a request's. A job that nobody's
    request has made is followed by its own.
    """
    own = f"req-{job.id}"
    answered = job.request_ids[-1] if job.request_ids else own
    RequestContext(request_id=own, global_request_id=answered)  # becomes the thread's, for the log
    with leases.working_under(lease), requests.made_for(answered):
        yield


def describe(job: Job) -> str:
    """The requests that a job answers, for the log."""
    return f" for {', '.join(job.request_ids)}" if job.request_ids else ""
