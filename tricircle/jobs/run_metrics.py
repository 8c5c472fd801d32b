"""Runs of jobs as Prometheus reads them, summed over the processes of one tricircle-xjob.

prometheus_client decides at its import whether values are shared among processes, by $PROMETHEUS_MULTIPROC_DIR: set it
before this module is imported, to an empty folder, and fork afterwards.
"""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector

from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobType
from tricircle.jobs.worker import Outcome

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)

_RUNS = Counter("tricircle_job_runs", "Runs of jobs that came to an end here.", ["type", "outcome"])
_DURATION = Histogram("tricircle_job_run_seconds", "How long runs of jobs took.", ["type"], buckets=_SECONDS)


def begin() -> None:
    """Show every type that can be run, with nothing counted yet: in each process, after the fork."""
    for kind in KINDS.values():
        if kind.is_done:
            _DURATION.labels(kind.type.value)
            for outcome in Outcome:
                _RUNS.labels(kind.type.value, outcome.value)


def observe(type_: JobType, outcome: Outcome, seconds: float) -> None:
    """Count one run; for `Worker`."""
    _RUNS.labels(type_.value, outcome.value).inc()
    _DURATION.labels(type_.value).observe(seconds)


def application() -> Any:
    """A WSGI application that shows them, of all processes."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return make_wsgi_app(registry)
