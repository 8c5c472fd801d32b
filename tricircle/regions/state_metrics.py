"""States of regions as Prometheus reads them: the database's, so the same from any process."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tricircle.db import pods, region_states
from tricircle.db.engine import Database
from tricircle.db.types import read_clock
from tricircle.domain.region_states import Reach


class StateMetrics(Collector):
    """Gauges labelled by region; every pod is shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[GaugeMetricFamily]:
        """No database is asked before the first reading."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the database."""
        with self._database.reader() as session:
            now, regions = read_clock(session), {pod.pod_id: pod.region_name for pod in pods.list_all(session)}
            states = region_states.of(session, regions.keys())
        reach = GaugeMetricFamily(
            "tricircle_region_state", "1 for the state that a region is in.", labels=["region", "state"]
        )
        silence = GaugeMetricFamily(
            "tricircle_region_silence_seconds", "Since when a region has not been heard.", labels=["region"]
        )
        for pod_id, region in regions.items():
            known = states[pod_id]
            for one in Reach:
                reach.add_metric([region, one.value], float(known.state is one))
            if known.last_heard_at is not None:
                silence.add_metric([region], (now - known.last_heard_at).total_seconds())
        yield from (reach, silence)
