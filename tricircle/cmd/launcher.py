"""Runs a service in one or more processes, until SIGTERM."""

from oslo_config import cfg
from oslo_service import backend

# Before anything imports oslo_service.service, which would otherwise choose eventlet.
backend.init_backend(backend.BackendType.THREADING)

from oslo_service import service  # noqa: E402

ServiceBase = service.ServiceBase


def run(conf: cfg.ConfigOpts, what: service.ServiceBase, workers: int) -> int:
    """Fork `workers` processes, each running `what` (`start`, `wait`, on SIGTERM `stop`); replace those that die.

    Returns the exit code once all have ended.
    """
    launcher = service.ProcessLauncher(conf, restart_method="mutate")
    launcher.launch_service(what, workers=workers)
    return int(launcher.wait() or 0)
