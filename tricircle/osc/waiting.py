"""Waiting for the end of a job."""

import argparse
import time
from typing import Any

from osc_lib import exceptions

_LOOK_SECONDS = 0.5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --wait and --timeout."""
    parser.add_argument("--wait", action="store_true", help="Wait until the job has succeeded or failed")
    parser.add_argument(
        "--timeout", metavar="<seconds>", type=float, default=600, help="How long to wait at most (600)"
    )


def wait(client: Any, job: Any, timeout: float) -> Any:
    """The job when it is over. Raises CommandError if its next run fails, or does not end within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    tried = job.attempts
    while job.status != "SUCCESS":
        if job.status == "FAIL" and job.attempts > tried:
            raise exceptions.CommandError(f"Job {job.id} failed: {job.last_error}")
        if time.monotonic() > deadline:
            raise exceptions.CommandError(f"Job {job.id} is {job.status} after {timeout:g} s")
        time.sleep(_LOOK_SECONDS)
        job = client.get_job(job.id)
    return job
