"""tricircle-xjob: the processes that run jobs."""

import os
import socket
import sys
import tempfile
from contextlib import ExitStack

from oslo_config import cfg

from tricircle.cmd import launcher
from tricircle.cmd.server import Server, listen
from tricircle.conf import register_client_opts, register_xjob_opts
from tricircle.conf.process import load_conf
from tricircle.db.engine import Database
from tricircle.jobs import handlers
from tricircle.jobs.periodic_audits import PeriodicAudits
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.wakeup import Listener
from tricircle.jobs.worker import Observer, Worker, WorkerSettings
from tricircle.regions.pods import Regions
from tricircle.regions.states import RegionStates

# How long before the end of graceful_shutdown_timeout, when the process is killed, jobs are given back.
_GIVE_BACK_SECONDS = 5


class XjobService(launcher.ServiceBase):  # type: ignore[misc]
    """One worker process. What holds threads or connections is made after the fork, in `start`."""

    def __init__(self, conf: cfg.ConfigOpts, metrics: socket.socket | None) -> None:
        self._conf = conf
        self._metrics = metrics
        self._worker: Worker | None = None
        self._audits: PeriodicAudits | None = None
        self._listener: Listener | None = None
        self._server: Server | None = None
        self._states: RegionStates | None = None

    def start(self) -> None:
        """Begin to claim jobs."""
        conf = self._conf
        database = Database.from_conf(conf)
        name = f"{conf.host}:{os.getpid()}"
        self._states = RegionStates(database)
        regions = Regions(conf, database, observe=self._states.see)
        self._worker = Worker(
            JobQueue(database, lease=conf.job_run_expire),
            handlers.build(regions, database),
            WorkerSettings(
                name=name,
                threads=conf.worker_threads,
                poll_interval=conf.job_poll_interval,
                run_timeout=conf.worker_handle_timeout,
                longest_delay=conf.worker_sleep_time,
                keep_log=conf.redo_time_span,
            ),
            **self._serve_metrics(),
        )
        self._worker.start()
        self._states.start(regions)
        self._audits = PeriodicAudits(
            database,
            JobQueue(database, announce=self._worker.wake),
            interval=conf.audit_interval,
            repairs=conf.audit_repair,
            keep=conf.mended_time_span,
        )
        self._audits.start()
        self._listener = Listener(conf, name, self._worker.wake)
        self._listener.start()

    def _serve_metrics(self) -> dict[str, Observer]:
        """Begin to serve metrics, if that is wanted; returns what the worker needs for them."""
        if self._metrics is None:
            return {}
        from tricircle.jobs import run_metrics  # not before the folder is made that its values are in

        run_metrics.begin()
        self._server = Server(run_metrics.application(), self._metrics, threads=1)
        self._server.start()
        return {"observe": run_metrics.observe}

    def stop(self) -> None:
        """Claim nothing more, let what runs come to its end, and give back what has not when the process must end."""
        if self._listener is not None:
            self._listener.stop()
        if self._audits is not None:
            self._audits.stop()
        if self._worker is not None:
            limit = self._conf.graceful_shutdown_timeout
            self._worker.stop(grace=max(limit - _GIVE_BACK_SECONDS, limit / 2) if limit else None)
        if self._states is not None:
            self._states.stop()
        if self._server is not None:
            self._server.stop(grace=1)

    def wait(self) -> None:
        """Until stopped."""
        if self._worker is not None:
            self._worker.wait()
        if self._listener is not None:
            self._listener.wait()

    def reset(self) -> None:
        """Nothing to do at SIGHUP: options that may change are read again by oslo.config."""


def _prepare_metrics(conf: cfg.ConfigOpts, stack: ExitStack) -> socket.socket | None:
    """Listen for Prometheus, and make the folder in which all processes count; None where no port is configured.

    Raises OSError if the port is taken.
    """
    if conf.metrics.bind_port is None:
        return None
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tricircle-xjob-metrics-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    return stack.enter_context(listen(conf.metrics.bind_host, conf.metrics.bind_port))


def main(args: list[str] | None = None) -> int:
    """Entry point."""
    conf = load_conf("tricircle-xjob", sys.argv[1:] if args is None else args, register_client_opts, register_xjob_opts)
    with ExitStack() as stack:
        with launcher.startup("tricircle-xjob"):
            launcher.require_database(conf)
            metrics = _prepare_metrics(conf, stack)
        return launcher.run(conf, XjobService(conf, metrics), conf.workers)
