"""/metrics, for Prometheus."""

import webob
import webob.dec
from oslo_db import exception as db_exc
from prometheus_client import CONTENT_TYPE_LATEST

from tricircle.api import errors
from tricircle.jobs.queue_metrics import QueueMetrics


class MetricsPage:
    """A WSGI application: the state of the job queue."""

    def __init__(self, metrics: QueueMetrics) -> None:
        self._metrics = metrics

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Answer one reading."""
        if request.method != "GET":
            return errors.response(request, 405, "/metrics takes GET", {"Allow": "GET"})
        try:
            return webob.Response(body=self._metrics.render(), content_type=CONTENT_TYPE_LATEST.partition(";")[0])
        except db_exc.DBError as error:
            return errors.from_exception(request, error)
