"""What Neutron's test base does anew for each test, done once: it is the same each time."""

import copy
import functools
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from neutron import policy
from neutron.api import extensions
from neutron.conf import policies
from neutron_lib.api import attributes
from oslo_policy import policy as oslo_policy

from tricircle.db import schema
from tricircle.db.engine import Database


class Imports:
    """Stands for ``importlib.util`` in Neutron's loading of extensions: a file is compiled and run once."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def spec_from_file_location(self, name: str, path: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, path=str(path), loader=self)

    def module_from_spec(self, spec: SimpleNamespace) -> ModuleType:
        if spec.path not in self._modules:
            real = importlib.util.spec_from_file_location(spec.name, spec.path)
            assert real is not None
            assert real.loader is not None
            module = importlib.util.module_from_spec(real)
            real.loader.exec_module(module)
            self._modules[spec.path] = module
        return self._modules[spec.path]

    def exec_module(self, module: ModuleType) -> None:
        """It has been run when it was made."""


@pytest.fixture(autouse=True, scope="session")
def _extensions_are_loaded_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extensions, "imp_util", Imports())
        yield


@pytest.fixture(autouse=True, scope="session")
def _policies_are_declared_once() -> Iterator[None]:
    """Neutron reloads the modules of its policies, and oslo.policy makes deep copies of them, for each test.

    Nobody changes them: an enforcer sets attributes of its own copies alone. But checks of fields (``shared``) know,
    from when they are made, what the extensions have declared of these.
    """
    reload, known = policies.reload_default_policies, [frozenset[tuple[str, str]]()]

    def reload_if_needed() -> None:
        declared = frozenset((name, field) for name, fields in attributes.RESOURCES.items() for field in fields)
        if declared != known[0]:
            reload()
            known[0] = declared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "reload_default_policies", reload_if_needed)
        patch.setattr(oslo_policy, "copy", SimpleNamespace(deepcopy=copy.copy))
        yield


def declare_policies() -> None:
    """Have the policies know what the extensions of this test declare, whichever test was before it."""
    policy.reset()
    policies.reload_default_policies()
    policy.init()


@functools.cache
def _empty_database() -> bytes:
    """A file with Tricircle's schema and no rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tricircle.sqlite"
        database = Database(f"sqlite:///{path}")
        schema.sync(database)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        return path.read_bytes()


def make_tricircle_database(path: Path) -> None:
    """A database of Tricircle's own, as ``db_sync`` makes it."""
    path.write_bytes(_empty_database())
