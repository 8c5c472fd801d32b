"""The command `tricircle-lab`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tricircle_lab import actions
from tricircle_lab.errors import LabError

DEFAULT_STATE_DIR = "/var/lib/tricircle-lab"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    options.state_dir = options.state_dir.resolve()
    options.cache_dir = (options.cache_dir or Path(f"{options.state_dir}-cache")).resolve()
    try:
        if os.geteuid() != 0:
            raise LabError("run as root: network namespaces and Open vSwitch need it")
        return int(options.run(options))
    except LabError as error:
        print(f"tricircle-lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("tricircle-lab: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tricircle-lab", description="A cloud of several regions on this machine.")
    state_dir = os.environ.get("TRICIRCLE_LAB_STATE_DIR", DEFAULT_STATE_DIR)
    cache_dir = os.environ.get("TRICIRCLE_LAB_CACHE_DIR")
    parser.add_argument(
        "--state-dir", type=Path, default=Path(state_dir), help="everything the lab writes (%(default)s)"
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=Path(cache_dir) if cache_dir else None,
        help="what stays after `down`, to make the next `up` fast (beside the state directory)",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_add_lab_commands, _add_client_commands, _add_instance_commands):
        add(commands)
    return parser


def _add_lab_commands(commands: Any) -> None:
    up = commands.add_parser("up", help="start what is not running")
    up.add_argument("--regions", type=int, metavar="N", help="regions beside central (2, or what the lab has)")
    up.add_argument("--hollow", type=int, metavar="N", help="regions with a Neutron API alone (0, or what the lab has)")
    up.add_argument("--only", nargs="+", default=[], metavar="SERVICE", help="only these, and what they need")
    up.set_defaults(run=actions.up)
    down = commands.add_parser("down", help="end and remove everything but the cache")
    down.set_defaults(run=actions.down)
    status = commands.add_parser("status", help="each service: pid, memory, address, ready or why not")
    status.add_argument("-f", "--format", choices=("table", "json"), default="table")
    status.set_defaults(run=actions.status)
    restart = commands.add_parser("restart", help="stop services and start them again")
    restart.add_argument("services", nargs="+", metavar="SERVICE")
    restart.set_defaults(run=actions.restart)
    logs = commands.add_parser("logs", help="the end of a service's log")
    logs.add_argument("service", metavar="SERVICE")
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is added")
    logs.add_argument("-n", "--lines", type=int, default=50)
    logs.set_defaults(run=actions.logs)
    demo = commands.add_parser("demo", help="walk through networks, instances and pings over two regions")
    demo.set_defaults(run=actions.demo)


def _add_client_commands(commands: Any) -> None:
    openrc = commands.add_parser("openrc", help="shell exports for the openstack client")
    openrc.add_argument("--region", metavar="R", help="without it, each command must name its region")
    _add_account(openrc, "admin")
    openrc.set_defaults(run=actions.openrc)
    clouds = commands.add_parser("clouds", help="a clouds.yaml with a cloud for each user and region")
    clouds.set_defaults(run=actions.clouds)


def _add_instance_commands(commands: Any) -> None:
    boot = commands.add_parser("boot", help="start an instance as Nova would")
    boot.add_argument("name", metavar="NAME")
    boot.add_argument("--region", required=True, metavar="R")
    what = boot.add_mutually_exclusive_group(required=True)
    what.add_argument("--network", metavar="N", help="name or id; a port is made on it")
    what.add_argument("--port", metavar="P", help="name or id of a port that exists")
    boot.add_argument("--host", metavar="H", help="the region's host on which it is to run")
    boot.add_argument("--security-group", action="append", metavar="G", help="name or id (default); may be repeated")
    _add_account(boot, "demo")
    boot.set_defaults(run=actions.boot)
    list_ = commands.add_parser("list", help="the instances")
    list_.add_argument("-f", "--format", choices=("table", "json"), default="table")
    list_.set_defaults(run=actions.list_instances)
    execute = commands.add_parser("exec", help="run a command inside an instance, or on the host `outside`")
    execute.add_argument("name", metavar="NAME")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD")
    execute.set_defaults(run=actions.execute)
    ping = commands.add_parser("ping", help="ping from an instance (or `outside`) to another one or to an address")
    ping.add_argument("source", metavar="FROM")
    ping.add_argument("target", metavar="TO|ADDRESS")
    ping.add_argument("-c", "--count", type=int, default=3)
    ping.add_argument("-w", "--wait", type=int, default=0, metavar="SECONDS", help="wait so long for the first answer")
    ping.set_defaults(run=actions.ping)
    delete = commands.add_parser("delete", help="remove instances as Nova would")
    delete.add_argument("names", nargs="+", metavar="NAME")
    delete.set_defaults(run=actions.delete)


def _add_account(parser: argparse.ArgumentParser, user: str) -> None:
    parser.add_argument("--user", default=user, metavar="U", help="admin or demo (%(default)s)")
    parser.add_argument("--project", default="demo", metavar="P", help="(%(default)s)")
