"""What a region's L3 agents are told of its parts of central routers."""

import contextlib
import threading
from collections.abc import Collection, Iterator
from typing import Any

from neutron.api.rpc.agentnotifiers import l3_rpc_agent_api
from neutron.objects import router as l3_obj

from tricircle.network import neutron_internals


class AgentNotifier(l3_rpc_agent_api.L3AgentNotifyAPI):  # type: ignore[misc]
    """Neutron's own, which can keep silent about a router until all is done that there is to do with it.

    An agent brings a router about as a whole, and takes seconds for it: told of each step it would do so several times,
    first of all without the interfaces.
    """

    def __init__(self) -> None:
        """Nobody is told of anything yet."""
        super().__init__()
        self._held = threading.local()

    @contextlib.contextmanager
    def once(self, context: Any, router_id: str) -> Iterator[None]:
        """Tell of the router's changes in this thread together, at the end; of what was done, if it fails."""
        self._held.router_id, self._held.changed = router_id, False
        try:
            yield
        finally:
            changed = self._held.changed
            del self._held.router_id, self._held.changed
            if changed:
                self.routers_updated(context, [router_id])

    def routers_updated(self, context: Any, router_ids: Collection[str], *args: Any, **kwargs: Any) -> None:
        """As Neutron's."""
        held = self._holds(router_ids)
        if held:
            self._held.changed = True
        super().routers_updated(context, [id_ for id_ in router_ids if id_ != held], *args, **kwargs)

    def router_deleted(self, context: Any, router_id: str) -> None:
        """As Neutron's: of what is no more there is nothing else to tell."""
        if self._holds([router_id]):
            self._held.changed = False
        super().router_deleted(context, router_id)

    def _holds(self, router_ids: Collection[str]) -> str | None:
        held: str | None = getattr(self._held, "router_id", None)
        return held if held in router_ids else None


def join_plugin(l3_plugin: Any, notifier: AgentNotifier) -> None:
    """Let a loaded L3 plugin speak through ``notifier``, and tell agents of floating IPs of instances elsewhere.

    Those have no port here, and Neutron finds floating IPs by the port.
    """
    neutron_internals.use_l3_notifier(l3_plugin, notifier)
    neutron_internals.sync_further_floating_ips(l3_plugin, _elsewhere)


def _elsewhere(context: Any, router_ids: Collection[str]) -> list[Any]:
    remote = l3_obj.FloatingIP.get_objects(context, router_id=list(router_ids), fixed_port_id=None)
    return [item for item in remote if item.fixed_ip_address]
