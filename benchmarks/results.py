"""How every benchmark tells what it measured: a table for people, a file for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent.parent / "bench"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `ok`: whether it meets the target (None: there is none); `why`: if not, the reason."""

    name: str
    value: float
    unit: str
    target: float | None = None
    ok: bool | None = None
    why: str = ""


def at_most(name: str, value: float, unit: str, target: float, why: str = "") -> Figure:
    """A figure that should not be above its target."""
    return Figure(name, round(value, 3), unit, target, value <= target, why)


def publish(benchmark: str, figures: Sequence[Figure], shown: Sequence[Figure] | None = None) -> Path:
    """Print the figures, or those `shown`, and write all to bench/<benchmark>.json; returns that path."""
    table = Table("figure", "value", "unit", "target", "ok", title=benchmark)
    for figure in figures if shown is None else shown:
        target = "" if figure.target is None else f"{figure.target:g}"
        ok = "" if figure.ok is None else ("yes" if figure.ok else "no")
        table.add_row(figure.name, f"{figure.value:,.{1 if abs(figure.value) >= 10 else 2}f}", figure.unit, target, ok)
    Console().print(table)
    path = FOLDER / f"{benchmark}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return path
