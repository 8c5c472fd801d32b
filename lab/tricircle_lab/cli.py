"""The command `tricircle-lab`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from tricircle_lab.errors import LabError
from tricircle_lab.lab import Lab
from tricircle_lab.output import Reporter, table

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
    up = commands.add_parser("up", help="start what is not running")
    up.add_argument("--regions", type=int, metavar="N", help="regions beside central (2, or what the lab has)")
    up.add_argument("--only", nargs="+", default=[], metavar="SERVICE", help="only these, and what they need")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="end and remove everything but the cache")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", help="each service: pid, memory, address, ready or why not")
    status.add_argument("-f", "--format", choices=("table", "json"), default="table")
    status.set_defaults(run=_status)
    return parser


def _up(options: argparse.Namespace) -> int:
    reporter = Reporter()
    lab = Lab.create(options.state_dir, options.cache_dir, options.regions)
    try:
        started = lab.up(reporter, options.only)
    finally:
        reporter.close()
    count = len(lab.layout.regions)
    what = f"{len(started)} services started" if started else "it was running already, nothing was changed"
    print(f"The lab with {count} regions is ready after {reporter.seconds:.1f} s: {what}.")
    return 0


def _down(options: argparse.Namespace) -> int:
    reporter = Reporter()
    Lab.open(options.state_dir, options.cache_dir).down()
    print(f"The lab is gone after {reporter.seconds:.1f} s; the cache for the next one stays in {options.cache_dir}.")
    return 0


def _status(options: argparse.Namespace) -> int:
    states = Lab.open(options.state_dir, options.cache_dir).status()
    if options.format == "json":
        print(json.dumps([asdict(state) for state in states], indent=1))
    else:
        rows = [
            (state.name, str(state.pid or ""), f"{state.memory / 2**20:.0f} MiB", state.address, state.why or "ready")
            for state in states
        ]
        rows.append(("", "", f"{sum(state.memory for state in states) / 2**20:.0f} MiB", "", ""))
        Console().print(table(("Service", "Pid", "Memory", "Address", "State"), rows))
    return 0 if all(state.ready for state in states) else 1
