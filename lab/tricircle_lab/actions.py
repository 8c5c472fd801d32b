"""What each command does; the options are those of :mod:`tricircle_lab.cli`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from tricircle_lab import configuration, demonstration, fabric, traffic
from tricircle_lab.errors import LabError
from tricircle_lab.instances import BootRequest
from tricircle_lab.lab import Lab
from tricircle_lab.layout import OUTSIDE_NAME
from tricircle_lab.output import Reporter, table

# The accounts of people; the others are services'.
_PEOPLE = (("admin", "demo"), ("demo", "demo"))


def up(options: Namespace) -> int:
    reporter = Reporter()
    lab = Lab.create(options.state_dir, options.cache_dir, options.regions, options.hollow)
    started = _bring_up(lab, reporter, options.only)
    what = f"{len(started)} services started" if started else "it was running already, nothing was changed"
    names = [region.name for region in lab.layout.regions]
    if lab.layout.hollow_count:
        names.append(f"{lab.layout.hollow_count} hollow regions")
    print(f"The lab ({', '.join(names)}) is ready after {reporter.seconds:.1f} s: {what}.")
    return 0


def _bring_up(lab: Lab, reporter: Reporter, only: Sequence[str] = ()) -> set[str]:
    try:
        return lab.up(reporter, only)
    finally:
        reporter.close()


def down(options: Namespace) -> int:
    reporter = Reporter()
    _lab(options).down()
    print(f"The lab is gone after {reporter.seconds:.1f} s; the cache for the next one stays in {options.cache_dir}.")
    return 0


def status(options: Namespace) -> int:
    states = _lab(options).status()
    if options.format == "json":
        print(json.dumps([asdict(state) for state in states], indent=1))
    else:
        rows = [
            (state.name, str(state.pid or ""), f"{state.memory / 2**20:.0f} MiB", state.address, state.why or "ready")
            for state in states
        ]
        rows.append(("", "", f"{sum(state.memory for state in states) / 2**20:.0f} MiB", "", ""))
        _print(("Service", "Pid", "Memory", "Address", "State"), rows)
    return 0 if all(state.ready for state in states) else 1


def restart(options: Namespace) -> int:
    lab = _lab(options)
    lab.stop(options.services)
    # All of the lab, not only these: others may stand on what has been stopped.
    started = _bring_up(lab, Reporter())
    print(f"started: {', '.join(sorted(started))}")
    return 0


def logs(options: Namespace) -> int:
    path = _lab(options).layout.log / f"{options.service}.log"
    if not path.exists():
        names = ", ".join(sorted(log.stem for log in path.parent.glob("*.log")))
        raise LabError(f"no log of {options.service}; there are {names}")
    follow = ["--follow=name"] if options.follow else []
    return subprocess.run(["tail", f"--lines={options.lines}", *follow, str(path)], check=False).returncode


def demo(options: Namespace) -> int:
    return demonstration.run(_lab(options), Console(highlight=False, soft_wrap=True))


def openrc(options: Namespace) -> int:
    lab = _lab(options)
    variables = configuration.client_environment(lab.layout, options.user, options.project)
    for name, value in variables.items():
        print(f"export {name}={value}")
    if options.region:
        print(f"export OS_REGION_NAME={lab.region(options.region).name}")
    else:
        print("unset OS_REGION_NAME")
    return 0


def clouds(options: Namespace) -> int:
    print(configuration.render("clouds.yaml.j2", lab=_lab(options).layout, accounts=_PEOPLE), end="")
    return 0


def boot(options: Namespace) -> int:
    lab = _lab(options)
    if options.name == OUTSIDE_NAME:
        raise LabError(f"an instance cannot be named {OUTSIDE_NAME}: that is the host outside the cloud")
    request = BootRequest(
        name=options.name,
        region=lab.region(options.region),
        network=options.network,
        port=options.port,
        host=options.host,
        security_groups=tuple(options.security_group or ["default"]),
        user=options.user,
        project=options.project,
    )
    instance = lab.instances.boot(request)
    print(f"{instance.name} in {instance.region}: port {instance.port_id}, {', '.join(instance.addresses)}")
    return 0


def list_instances(options: Namespace) -> int:
    instances = _lab(options).instances.all()
    if options.format == "json":
        print(json.dumps([asdict(instance) for instance in instances], indent=1))
    else:
        columns = ("Name", "Region", "Addresses", "Port", "Network")
        _print(columns, [(i.name, i.region, ", ".join(i.addresses), i.port_id, i.network_id) for i in instances])
    return 0


def execute(options: Namespace) -> int:
    lab = _lab(options)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise LabError("exec needs a command: tricircle-lab exec NAME -- CMD …")
    _replace_this_process(lab, options.name, words)
    return 0


def ping(options: Namespace) -> int:
    lab = _lab(options)
    targets = [i for i in lab.instances.all() if i.name == options.target and i.addresses]
    address = targets[0].addresses[0] if targets else options.target
    if options.wait:
        traffic.await_answer(_inside(lab, options.source, ["ping", "-c", "1", "-W", "1", address]), options.wait)
    _replace_this_process(lab, options.source, ["ping", "-c", str(options.count), "-W", "2", address])
    return 0


def delete(options: Namespace) -> int:
    lab = _lab(options)
    for name in options.names:
        lab.instances.delete(name)
        print(f"{name} is deleted")
    return 0


def _lab(options: Namespace) -> Lab:
    return Lab.open(options.state_dir, options.cache_dir)


def _inside(lab: Lab, name: str, words: Sequence[str]) -> list[str]:
    """The command so that it runs in an instance, or on the host outside."""
    if name == OUTSIDE_NAME:
        return fabric.in_namespace(lab.layout.outside_namespace, words)
    return lab.instances.guest(lab.instances.get(name)).command(*words)


def _replace_this_process(lab: Lab, name: str, words: Sequence[str]) -> None:
    """Become a command in an instance or on the host outside, with this terminal, as one of the lab's processes."""
    command = lab.processes.member_command("exec", _inside(lab, name, words))
    program = shutil.which(command[0])
    if program is None:
        raise LabError(f"{command[0]} is not installed")
    sys.stdout.flush()
    os.execv(program, command)


def _print(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    # In a pipe nothing is cut off to the width of a terminal that is not there.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table(columns, rows))
