"""Steps of the manual: its commands, each shown before it runs, and what came of them."""

from __future__ import annotations

import shlex
from typing import Any

from rich.console import Console

from tricircle_lab import commands, configuration
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region
from tricircle_lab.nova import told


class Manual:
    """Runs commands as a user; `built` and `passed` collect the rows of the table at the end."""

    def __init__(self, lab: Lab, console: Console) -> None:
        self._lab = lab
        self._console = console
        self._regions = lab.layout.regions[:2]
        self._environment = configuration.client_environment(lab.layout, "admin", "demo")
        self.built: list[tuple[str, str]] = []
        self.passed: list[tuple[str, str]] = []

    def _central(self, collection: str, **query: Any) -> list[dict[str, Any]]:
        return self._list(self._lab.layout.central, collection, **query)

    def _list(self, region: Region, collection: str, **query: Any) -> list[dict[str, Any]]:
        client = self._lab.clients.network(region, "admin", "demo")
        with told(f"reading the {collection} of {region.name}"):
            found = client.get(f"/{collection}", params=query).json()
        return list(found[collection.replace("-", "_")])

    def _openstack(self, words: str) -> str:
        self._show(f"openstack {words}")
        said = commands.run([commands.script("openstack"), *shlex.split(words)], env=self._environment)
        if "-f json" not in words:
            self._console.print(said, markup=False, end="")
        return said

    def _show(self, command: str) -> None:
        self._console.print(f"$ {command}", style="bold", markup=False)
