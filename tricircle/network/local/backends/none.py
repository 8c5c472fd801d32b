"""The backend of a region whose mechanism drivers belong to none: no network is joined by tunnels, all else works."""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tricircle.domain.endpoints import TunnelEndpoint
from tricircle.network.local.backends.base import Capabilities, Known, LocalPort, RemoteTables, Segment, TableChange


class NoBackend:
    """Has nobody to tell."""

    name = "none"
    capabilities = Capabilities()

    def attach(self, tables: RemoteTables) -> None:
        """See ``Backend``."""

    def attach_routers(self, l3_plugin: Any) -> None:
        """See ``Backend``."""

    def tunnel_endpoints(self, context: Any, ports: Collection[LocalPort]) -> Mapping[str, TunnelEndpoint]:
        """See ``Backend``: no port is reached through a tunnel."""
        return {}

    def apply(self, context: Any, change: TableChange) -> None:
        """See ``Backend``."""

    def resend(self, context: Any, tables: Sequence[tuple[Segment, Known]]) -> None:
        """See ``Backend``."""

    def quiet(self, context: Any, router_id: str, *, changes_kind: bool) -> contextlib.AbstractContextManager[None]:
        """See ``Backend``."""
        return contextlib.nullcontext()

    def router_changed(self, context: Any, router_id: str) -> None:
        """See ``Backend``."""

    def groups_made(
        self, context: Any, security_group_ids: Collection[str], address_group_ids: Collection[str]
    ) -> None:
        """See ``Backend``."""
