"""The house's limits: what is beyond them does two things, and is split."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "docs", "lab", "tests", "tricircle")
FILE_LINES = 400
FUNCTION_LINES = 40
NESTING = 3
METHODS = 20

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def excesses(source: str, name: str) -> Iterator[str]:
    """What is beyond the limits, a line each."""
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield f"{name}: {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _FUNCTIONS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{name}:{node.lineno} {node.name}: {lines} lines"
            if (depth := _depth(node.body)) > NESTING:
                yield f"{name}:{node.lineno} {node.name}: {depth} blocks deep"
        if isinstance(node, ast.ClassDef):
            # A test is a sentence of its own, however many a class has.
            methods = [item for item in node.body if isinstance(item, _FUNCTIONS) and not item.name.startswith("test_")]
            if len(methods) > METHODS:
                yield f"{name}:{node.lineno} {node.name}: {len(methods)} methods"


def _depth(body: list[ast.stmt]) -> int:
    return max((_depth_of(statement) for statement in body), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    if isinstance(statement, ast.Match):
        return 1 + max(_depth(case.body) for case in statement.cases)
    depth = 1 + _depth(statement.body)
    if isinstance(statement, ast.Try | ast.TryStar):
        depth = max(
            depth, *(1 + _depth(handler.body) for handler in statement.handlers), 1 + _depth(statement.finalbody)
        )
    return max(depth, _depth_after(statement))


def _depth_after(statement: ast.stmt) -> int:
    """How deep its ``else`` goes; an ``elif`` is beside the ``if``, not in it."""
    body = getattr(statement, "orelse", [])
    if isinstance(statement, ast.If) and len(body) == 1 and isinstance(body[0], ast.If):
        return _depth(body)
    return 1 + _depth(body) if body else 0


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_beyond_the_limits(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = [line for path in files for line in excesses(path.read_text(), str(path.relative_to(ROOT)))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 1\n" * (FILE_LINES + 1), ["file: 401 lines"]),
        ("def f():\n" + " x = 1\n" * FUNCTION_LINES, ["file:1 f: 41 lines"]),
        (
            "def f():\n" + "".join(f"{' ' * depth}if x:\n" for depth in range(1, 5)) + " " * 5 + "x\n",
            ["file:1 f: 4 blocks deep"],
        ),
        ("def f():\n if x:\n  y\n" + " elif x:\n  y\n" * 9, []),
        (
            "class C:\n" + "".join(f" def f{number}(self): ...\n" for number in range(METHODS + 1)),
            ["file:1 C: 21 methods"],
        ),
    ],
    ids=["file", "function", "nesting", "elif", "methods"],
)
def test_what_is_beyond_is_found(source: str, found: list[str]) -> None:
    assert list(excesses(source, "file")) == found
