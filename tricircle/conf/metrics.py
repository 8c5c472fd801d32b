"""[metrics]: what Prometheus may read."""

from oslo_config import cfg

GROUP = "metrics"

API_OPTS: list[cfg.Opt] = [
    cfg.BoolOpt(
        "in_api",
        default=False,
        help="""
Whether tricircle-api serves the state of the job queue at /metrics, as Prometheus reads it. Nobody is asked for a token
there: let only those reach it who may know how many jobs there are.
""",
    ),
]

XJOB_OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt(
        "bind_host", default="127.0.0.1", help="Address at which tricircle-xjob serves metrics of its runs of jobs."
    ),
    cfg.PortOpt("bind_port", help="Port at which it serves them, for all of its processes. Unset: it does not."),
]
