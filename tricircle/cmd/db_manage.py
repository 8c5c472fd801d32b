"""tricircle-db-manage: the schema of Tricircle's own database."""

import sys
from typing import Any

from oslo_config import cfg

from tricircle.conf.process import load_conf
from tricircle.db import schema
from tricircle.db.engine import Database


def _db_sync(conf: cfg.ConfigOpts) -> None:
    database = Database.from_conf(conf)
    before = schema.current_revision(database) or "none"
    schema.sync(database, conf.command.version or "head")
    print(f"revision {before} -> {schema.current_revision(database)}")  # noqa: T201 - what the command is for


def _db_version(conf: cfg.ConfigOpts) -> None:
    print(schema.current_revision(Database.from_conf(conf)) or "none")  # noqa: T201 - what the command is for


def _add_commands(parsers: Any) -> None:
    parsers.required = True
    sync = parsers.add_parser("db_sync", help="bring the schema up to this version's")
    sync.add_argument("version", nargs="?", help="revision to stop at")
    sync.set_defaults(run=_db_sync)
    version = parsers.add_parser("db_version", help="print the revision that the database is at")
    version.set_defaults(run=_db_version)


def _register(conf: cfg.ConfigOpts) -> None:
    conf.register_cli_opt(cfg.SubCommandOpt("command", title="Commands", handler=_add_commands))


def main(args: list[str] | None = None) -> int:
    """Entry point."""
    conf = load_conf("tricircle-db-manage", sys.argv[1:] if args is None else args, _register)
    conf.command.run(conf)
    return 0
