"""[DEFAULT] options of tricircle-xjob."""

import socket

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        "host",
        default=socket.gethostname(),
        sample_default="<this machine's name>",
        help="Name under which this machine's workers claim jobs.",
    ),
    cfg.IntOpt("workers", default=1, min=1, help="Processes that run jobs."),
    cfg.IntOpt(
        "worker_threads",
        default=16,
        min=1,
        help="""
Jobs that one process runs at a time. The jobs in one region get their share of them and no more: with three regions a
fourth, so that a region that does not answer cannot hold up the others.
""",
    ),
    cfg.FloatOpt(
        "job_poll_interval", default=1.0, min=0.05, help="Seconds between two looks of an idle worker for work."
    ),
    cfg.IntOpt(
        "job_run_expire",
        default=180,
        min=3,
        help="Seconds after which a running job whose worker gave no sign of life is given to another worker.",
    ),
    cfg.IntOpt(
        "worker_handle_timeout",
        default=1800,
        min=1,
        help="Seconds after which a run is given up: its worker stops renewing the claim, so that another takes over.",
    ),
    cfg.IntOpt(
        "worker_sleep_time",
        default=60,
        min=1,
        help="Seconds to wait, at most, before a job that failed is tried again.",
    ),
    cfg.IntOpt(
        "redo_time_span",
        default=172800,
        min=1,
        help="Seconds that finished jobs are kept in the log.",
    ),
    cfg.IntOpt(
        "audit_interval",
        default=3600,
        min=0,
        help="""
Seconds between two audits of a region by its copies' content, which find what somebody changed in the region behind
Tricircle's back. Regions have their turns at different times. 0: audits are made only when they are asked for.
""",
    ),
    cfg.BoolOpt(
        "audit_repair",
        default=True,
        help="""
Whether these audits have repaired what they find, or only show it (openstack multiregion networking drift list).
""",
    ),
    cfg.IntOpt(
        "mended_time_span",
        default=604800,
        min=1,
        help="Seconds that differences between a region and central are remembered after they have gone.",
    ),
]
