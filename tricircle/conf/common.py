"""[DEFAULT] options that every process of Tricircle reads, central Neutron included."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        "tricircle_state_path",
        default="/var/lib/tricircle",
        help="Folder in which Tricircle keeps its own files, the embedded database among them.",
    ),
    cfg.StrOpt(
        "tricircle_db_connection",
        default="sqlite:///$tricircle_state_path/tricircle.sqlite",
        secret=True,
        help="""
SQLAlchemy URL of Tricircle's own database. tricircle-api, tricircle-xjob and central Neutron must name the same one.
The default is an embedded database, which serves processes of one machine; across machines use MariaDB or MySQL, for
example mysql+pymysql://tricircle:PASSWORD@192.0.2.1/tricircle?charset=utf8mb4.
""",
    ),
    cfg.IntOpt(
        "tricircle_db_max_pool_size",
        default=5,
        min=1,
        help="Connections to Tricircle's database that a process keeps open (without effect on SQLite).",
    ),
    cfg.IntOpt(
        "tricircle_db_max_overflow",
        default=50,
        min=0,
        help="Connections that a process may open beyond tricircle_db_max_pool_size for a while.",
    ),
    cfg.IntOpt(
        "tricircle_db_max_retries",
        default=10,
        min=-1,
        help="How often a starting process tries to reach the database, a second apart; -1: without end.",
    ),
    cfg.IntOpt(
        "tricircle_db_sqlite_busy_timeout",
        default=30,
        min=0,
        help="Seconds that a writer waits for another process's write to an SQLite database.",
    ),
]


def register_common_opts(conf: cfg.ConfigOpts) -> None:
    """[DEFAULT] of every process."""
    conf.register_opts(OPTS)
