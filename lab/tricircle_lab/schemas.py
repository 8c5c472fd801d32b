"""Which databases the lab has, what makes their tables, and what tells one version of the tables from another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from tricircle_lab.commands import script
from tricircle_lab.errors import LabError
from tricircle_lab.layout import PASSWORD, Layout, Region


@dataclass(frozen=True)
class Schema:
    """The tables of one kind of database.

    The version of `package` and the content of `folders` (in it, or in another package) decide what the tables are.
    """

    name: str
    package: str
    folders: tuple[str, ...]

    def key(self) -> str:
        """A short text that changes whenever the tables might."""
        digest = hashlib.sha256(f"{self.package} {metadata.version(self.package)}".encode())
        for folder in self.folders:
            for path in sorted(_source(folder).rglob("*.py")):
                digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()[:20]


@dataclass(frozen=True)
class Database:
    """A database, and the commands that make its tables or bring them up to date."""

    name: str
    schema: Schema
    upgrade: tuple[tuple[str, ...], ...]


KEYSTONE = Schema("keystone", "keystone", ("keystone/common/sql/migrations",))
NEUTRON = Schema("neutron", "neutron", ("neutron/db/migration", "tricircle/db/neutron"))
TRICIRCLE = Schema("tricircle", "tricircle", ("tricircle/db/migrations",))


def _source(folder: str) -> Path:
    """The place of a package's folder. The package is not imported: Neutron changes the process that imports it."""
    package, _, rest = folder.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LabError(f"the Python package {package} is not installed")
    return Path(spec.submodule_search_locations[0], rest)


def databases(layout: Layout) -> list[Database]:
    tricircle = (script("tricircle-db-manage"), "--config-file", f"{layout.etc}/api.conf")
    return [
        _keystone(layout),
        Database("tricircle", TRICIRCLE, ((*tricircle, "db_sync"),)),
        *(Database(region.database, NEUTRON, (_neutron(region),)) for region in layout.all_regions),
    ]


def _keystone(layout: Layout) -> Database:
    manage = (script("keystone-manage"), "--config-file", f"{layout.etc}/keystone/keystone.conf")
    # The catalogue's addresses are this lab's own: they are no part of what is cached.
    commands = ((*manage, "db_sync"), (*manage, "bootstrap", "--bootstrap-password", PASSWORD))
    return Database("keystone", KEYSTONE, commands)


def _neutron(region: Region) -> tuple[str, ...]:
    return (script("neutron-db-manage"), "--config-file", f"{region.etc}/neutron.conf", "upgrade", "heads")
