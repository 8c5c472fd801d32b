from rich.console import Console

from tricircle_lab.lab import Lab


def run(lab: Lab, console: Console) -> int:
    return 0
