"""Bindings of ports (``/ports/{port_id}/bindings``) at a region. Nova asks of them before it looks at the port."""

from typing import Any

from tricircle.domain.jsons import Json
from tricircle.network import binding_requests
from tricircle.network.local.port_writes import PortWrites


class Bindings(PortWrites):
    """The real plugin's bindings of ports, which may be at central alone so far.

    Every method raises ``PortNotFound`` where the caller has no such port.
    """

    def get_port_bindings(self, context: Any, port_id: str, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin, after a fetch."""
        self._have_port(context, port_id)
        return super().get_port_bindings(context, port_id, *args, **kwargs)

    def get_port_binding(self, context: Any, host: str, port_id: str, fields: list[str] | None = None) -> Json:
        """As the real plugin, after a fetch."""
        self._have_port(context, port_id)
        return super().get_port_binding(context, host, port_id, fields)

    def create_port_binding(self, context: Any, port_id: str, binding: Json) -> Json:
        """As the real plugin, after a fetch; central knows when this returns, if it answers."""
        self._have_port(context, port_id)
        made = super().create_port_binding(context, port_id, binding)
        self._tell(context, port_id)
        return made

    def update_port_binding(self, context: Any, host: str, port_id: str, binding: Json) -> Json:
        """As the real plugin, after a fetch; central knows when this returns, if it answers."""
        self._have_port(context, port_id)
        changed = super().update_port_binding(context, host, port_id, binding)
        self._tell(context, port_id)
        return changed

    def activate(self, context: Any, host: str, body: str | Json = "", port_id: str = "") -> Json:
        """As the real plugin, after a fetch; central knows when this returns, if it answers.

        ``body``: see ``binding_requests.port_of``.
        """
        id_ = binding_requests.port_of(body, port_id)
        self._have_port(context, id_)
        active = super().activate(context, host, id_)
        self._tell(context, id_)
        return active

    def delete_port_binding(self, context: Any, host: str, port_id: str) -> None:
        """As the real plugin, after a fetch; central knows when this returns, if it answers."""
        self._have_port(context, port_id)
        super().delete_port_binding(context, host, port_id)
        self._tell(context, port_id)

    def _have_port(self, context: Any, port_id: str) -> None:
        """Have the port. Neutron's own code fails (500) where it is not."""
        self.get_port(context, port_id, fields=["id"])
