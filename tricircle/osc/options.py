"""Options as the commands share them."""

import argparse
from typing import Any


def add_option(parser: argparse.ArgumentParser, name: str, **settings: Any) -> None:
    """Add `--name-of-it`, and the old spelling `--name_of_it` beside it."""
    spellings = dict.fromkeys([f"--{name}", f"--{name.replace('-', '_')}"])
    parser.add_argument(*spellings, dest=name.replace("-", "_"), **settings)
