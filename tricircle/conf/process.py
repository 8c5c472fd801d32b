"""The configuration of one of Tricircle's own processes: files read, log set up."""

from collections.abc import Callable, Sequence
from importlib import metadata

from oslo_config import cfg
from oslo_log import log

from tricircle.conf.common import register_common_opts

Register = Callable[[cfg.ConfigOpts], None]

# Libraries whose debug lines show tokens, or drown everything else.
_QUIET = ("alembic=WARNING", "keystoneauth=INFO", "keystoneauth.session=INFO", "urllib3=INFO", "waitress=INFO")


def load_conf(
    program: str,
    args: Sequence[str],
    *registers: Register,
    config_files: list[str] | None = None,
    config_dirs: list[str] | None = None,
) -> cfg.ConfigOpts:
    """The configuration of one process, its log set up.

    Without --config-file those of `config_files` are read, or else /etc/tricircle/<program>.conf where it exists.

    Raises oslo_config.cfg.ConfigFilesNotFoundError and its like for what cannot be read.
    """
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    log.set_defaults(default_log_levels=[*log.get_default_log_levels(), *_QUIET])
    for register in (register_common_opts, *registers):
        register(conf)
    conf(
        list(args),
        project="tricircle",
        prog=program,
        version=metadata.version("tricircle"),
        default_config_files=config_files,
        default_config_dirs=config_dirs,
    )
    log.setup(conf, program)
    return conf
