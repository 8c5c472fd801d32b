"""The tutorial's commands, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.conftest import CACHE_DIR

pytestmark = [pytest.mark.timeout(900)]

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


def commands() -> list[str]:
    """What follows the prompts of the blocks of type `console`."""
    blocks = re.findall(r"^```console\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)
    return [_checked(line.removeprefix("# ")) for block in blocks for line in block.splitlines()]


def _checked(command: str) -> str:
    """Bash's `errexit` does not look at what is negated."""
    return f"if {command[2:]}; then exit 1; fi" if command.startswith("! ") else command


@pytest.mark.usefixtures("lab")
def test_every_command_of_the_tutorial_works(state_dir: Path) -> None:
    script = "\n".join(["set -euo pipefail", *commands()])
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TRICIRCLE_LAB_STATE_DIR": str(state_dir),
        "TRICIRCLE_LAB_CACHE_DIR": str(CACHE_DIR),
    }
    words = ["bash", "-xc", script]
    done = subprocess.run(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=800
    )
    assert done.returncode == 0, done.stdout[-6000:]
