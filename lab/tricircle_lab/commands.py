"""Run other programs: one way, with the program's own words in the error."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tricircle_lab.errors import LabError


def script(name: str) -> str:
    """The path of a command that is installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for programs of the lab: this one's, this Python's commands first, no variables of a client."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    path = f"{Path(sys.executable).parent}:{kept.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"
    return {**kept, "PATH": path, "PYTHONWARNINGS": "ignore", "LC_ALL": "C.UTF-8", **(extra or {})}


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    input: str | None = None,
    timeout: float = 120,
) -> str:
    """Run a program to its end and return what it printed.

    :param timeout: seconds.
    :raises LabError: it could not be run, failed, or took too long; the message holds its last words.
    """
    shown = shlex.join(command)
    try:
        done = subprocess.run(
            command,
            env=environment(env),
            input=input or "",
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"no end after {timeout:.0f} s: {shown}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-8:]
        raise LabError("\n".join([f"exit code {done.returncode}: {shown}", *words]))
    return done.stdout
