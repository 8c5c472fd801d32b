"""The client without the servers: `pip install tricircle` brings all that it imports, and no server."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
WHEEL = ("pyproject.toml", "README.md", "LICENSE", "tricircle", "lab")
SERVERS = (
    "alembic",
    "keystonemiddleware",
    "neutron",
    "neutron_lib",
    "oslo_db",
    "oslo_messaging",
    "sqlalchemy",
    "webob",
)

IMPORT_ALL = """
import importlib, importlib.util, pkgutil, tricircle.osc, tricircle.sdk
for package in (tricircle.osc, tricircle.sdk):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
"""
INSTALLED = "import importlib.util, sys; print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are of an environment that has the client's wheel and what it requires."""
    folder = tmp_path_factory.mktemp("client")
    # Of a copy: a build leaves files beside what it builds.
    (folder / "source").mkdir()
    for name in WHEEL:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / "source" / name)
    python = folder / "env" / "bin" / "python"
    run(UV, "venv", "--python", sys.executable, folder / "env")
    run(UV, "pip", "install", "--python", python, "-c", ROOT / "constraints.txt", folder / "source")
    return python.parent


def run(*command: str | Path) -> str:
    """What it prints."""
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_needs_no_server(client: Path) -> None:
    command = ("multiregion", "networking", "pod", "list", "--help")
    assert "usage: openstack multiregion networking pod list" in run(client / "openstack", *command)
    run(client / "python", "-c", IMPORT_ALL)
    assert run(client / "python", "-c", INSTALLED, *SERVERS).split() == []
