"""The state of the job queue as Prometheus reads it: the database's, so the same from any process."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tricircle.db import job_counts
from tricircle.db.engine import Database
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobStatus
from tricircle.regions.state_metrics import StateMetrics


class QueueMetrics(Collector):
    """Gauges labelled by job type. Every declared type is shown, so that a series never appears out of nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(StateMetrics(database))

    def render(self) -> bytes:
        """All of them, and the states of regions, in Prometheus' text format. Raises oslo_db.exception.DBError."""
        return generate_latest(self._registry)

    def describe(self) -> list[GaugeMetricFamily]:
        """No database is asked before the first reading."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the database."""
        with self._database.reader() as session:
            queue = {(count.type, count.state): count for count in job_counts.count_queue(session)}
            log = {(type_, status): jobs for type_, status, jobs in job_counts.count_log(session)}
        jobs = GaugeMetricFamily("tricircle_jobs", "Jobs in the queue.", labels=["type", "state"])
        late = GaugeMetricFamily(
            "tricircle_job_lateness_seconds", "Since when the job that is due longest is due.", labels=["type"]
        )
        tries = GaugeMetricFamily(
            "tricircle_job_attempts", "Runs so far of the job in the queue that has most.", labels=["type"]
        )
        done = GaugeMetricFamily(
            "tricircle_job_log_entries",
            "Runs of the last redo_time_span seconds.",
            labels=["type", "status"],
        )
        for kind in KINDS:
            found = {state: queue.get((kind.value, state)) for state in job_counts.STATES}
            known = [count for count in found.values() if count is not None]
            for state, count in found.items():
                jobs.add_metric([kind.value, state], count.jobs if count else 0)
            late.add_metric([kind.value], max((count.lateness for count in known), default=0.0))
            tries.add_metric([kind.value], max((count.attempts for count in known), default=0))
            for status in (JobStatus.SUCCESS, JobStatus.FAIL):
                done.add_metric([kind.value, status.value], log.get((kind.value, status.value), 0))
        yield from (jobs, late, tries, done)
