"""Names that begin with an underscore are used by their owners alone; Neutron's by `network.neutron_internals`."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "tricircle"
INTERNALS = ROOT / "network" / "neutron_internals.py"
# What else may: others' names, by file, and why.
ALLOWED = {
    # openstacksdk's own proxies are written so: its base class has these for them, and its resources.
    "sdk/proxy.py": {"_body", "_create", "_delete", "_find", "_get", "_get_connection", "_get_id", "_list", "_update"},
}
_OWN = {"self", "cls", "super()"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@functools.cache
def _nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def uses(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, of what, name) of the attributes with one underscore that a module uses or imports."""
    for node in _nodes(source):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            yield node.lineno, ast.unparse(node.value), node.attr
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("tricircle"):
            yield from ((node.lineno, node.module or "", name.name) for name in node.names if _is_private(name.name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and _is_private(str(name.value)):
                yield node.lineno, ast.unparse(node.args[0]), str(name.value)


def defined(source: str) -> set[str]:
    """The names that a module gives to attributes of its own objects."""
    found = set()
    for node in _nodes(source):
        if isinstance(node, _FUNCTIONS):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) in _OWN:
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def foreign(source: str, ours: set[str]) -> Iterator[tuple[int, str]]:
    """(line, expression) of what others own: of another object, or of one's own that nobody here has given it."""
    for line, owner, name in uses(source):
        if owner not in _OWN or name not in ours:
            yield line, f"{owner}.{name}"


def test_nobody_looks_into_others() -> None:
    sources = {path: path.read_text() for path in sorted(ROOT.rglob("*.py")) if path != INTERNALS}
    ours = set[str]().union(*map(defined, sources.values()))
    found = [
        f"{path.relative_to(ROOT)}:{line} {expression}"
        for path, source in sources.items()
        for line, expression in foreign(source, ours)
        if expression.rpartition(".")[2] not in ALLOWED.get(str(path.relative_to(ROOT)), ())
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("plugin._get_router(context)", ["plugin._get_router"]),
        ("self._core_plugin", ["self._core_plugin"]),
        ("super()._list()", ["super()._list"]),
        ("getattr(plugin, '_get_network_mtu', None)", ["plugin._get_network_mtu"]),
        ("from neutron.policy import _ENFORCER", ["neutron.policy._ENFORCER"]),
        ("class C:\n def __init__(self): self._mine = 1\n def f(self): return self._mine", []),
        ("class C:\n _mine: int\n def f(self): return self._mine", []),
        ("from tricircle.network.extensions import _base", []),
    ],
)
def test_what_looks_into_others_is_found(source: str, found: list[str]) -> None:
    assert [expression for _, expression in foreign(source, defined(source))] == found
