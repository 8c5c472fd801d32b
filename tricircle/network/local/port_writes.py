"""Ports of a region's Neutron on networks of central's: they get their identity there, and are changed there."""

import contextlib
from collections.abc import Iterator
from typing import Any

from neutron.services.revisions.revision_plugin import RevisionNumberConstraintFailed
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api

from tricircle.domain.jsons import Json
from tricircle.network import call_info
from tricircle.network.local import follow
from tricircle.network.local.copies import unasking
from tricircle.network.local.ports import RegionalPorts, only_regional, trusted
from tricircle.network.local.read_through import ReadThrough
from tricircle.network.local.reports import Reporter

TOLD_AT_ONCE = frozenset({"device_id", "device_owner", portbindings.HOST_ID})


class PortWrites(ReadThrough):
    """The real plugin's writes of ports, around which central is asked or told."""

    _regional_ports: RegionalPorts
    _reporter: Reporter

    def create_port(self, context: Any, port: Json) -> Json:
        """As the real plugin; on a network of central's with identity and addresses from there.

        :raises CentralUnavailable: central does not answer; nothing was made.
        """
        body = port["port"]
        given = call_info.of(context).identity
        if given is not None:
            return super().create_port(unasking(context), {"port": {**body, **given}})
        if not self._is_centrals(context, body):
            return super().create_port(context, port)
        # An agent's request, that is: a user who asks for such a port gets one more, as at central.
        if body.get("device_owner") == constants.DEVICE_OWNER_DHCP and not context.auth_token:
            reserved = self._regional_ports.adopt_reserved(context, body)
            if reserved is not None:
                binding = {name: body[name] for name in ("device_id", portbindings.HOST_ID) if name in body}
                return super().update_port(unasking(context), reserved, {"port": binding})
        (body,), made = self._regional_ports.identify(context, [body])
        with self._taken_back(context, [body]), call_info.on(unasking(context), made=made) as admin:
            return super().create_port(admin, {"port": body})

    def create_port_bulk(self, context: Any, ports: Json) -> list[Json]:
        """As the real plugin; all ports on networks of central's with one request to it."""
        bodies = [item["port"] for item in ports["ports"]]
        ours = [index for index, body in enumerate(bodies) if self._is_centrals(context, body)]
        if not ours:
            return super().create_port_bulk(context, ports)
        identified, made = self._regional_ports.identify(context, [bodies[index] for index in ours])
        for index, body in zip(ours, identified, strict=True):
            bodies[index] = body
        with (
            self._taken_back(context, identified),
            self._reporter.held(),
            call_info.on(unasking(context), made=made) as admin,
        ):
            return super().create_port_bulk(admin, {"ports": [{"port": body} for body in bodies]})

    def update_port(self, context: Any, id: str, port: Json) -> Json:
        """As the real plugin; what is central's to decide is changed there first.

        Who runs with a port, and where, central knows when this returns, if it answers: a service that has bound the
        port here may look for it there next.
        """
        changed = self._update_port(context, id, port)
        if port["port"].keys() & TOLD_AT_ONCE and trusted(context):
            self._tell(context, id)
        return changed

    def delete_port(self, context: Any, id: str, *args: Any, **kwargs: Any) -> None:
        """As the real plugin; central knows when this returns, if it answers."""
        super().delete_port(context, id, *args, **kwargs)
        self._tell(context, id)

    def _tell(self, context: Any, port_id: str) -> None:
        """Of what an API request has done; what agents do, and what is part of something greater, is told soon."""
        if self._central is not None and context.auth_token and not db_api.is_session_active(context.session):
            self._reporter.tell(port_id)

    def _update_port(self, context: Any, id: str, port: Json) -> Json:
        if self._central is None or db_api.is_session_active(context.session):
            return super().update_port(context, id, port)
        if self._regional_ports.is_regional(context, port["port"]):
            return super().update_port(context, id, port)
        before = self.get_port(context, id)
        if not self._regional_ports.is_central(context, before):
            return super().update_port(context, id, port)
        _refuse_other_revision(context, before)
        changes, revision = self._regional_ports.change(context, before, port["port"])
        if revision is None:
            return super().update_port(context, id, {"port": changes})
        # Central has decided with the caller's rights. What comes with its answer need not be within them: groups that
        # an administrator has given to the port, say.
        with follow.not_stale(), call_info.on(unasking(context), written={id: revision}) as admin:
            return super().update_port(admin, id, {"port": changes})
        # Somebody else's later change was faster on its way here. What is left is what this region decides.
        return super().update_port(context, id, {"port": only_regional(port["port"])})

    def _is_centrals(self, context: Any, body: Json) -> bool:
        if self._central is None:
            return False
        self._fetch(context, "network", [body["network_id"]], needed=True)
        return self._regional_ports.is_central(context, body)

    @contextlib.contextmanager
    def _taken_back(self, context: Any, bodies: list[Json]) -> Iterator[None]:
        """What fails inside is undone at central."""
        try:
            yield
        except Exception:
            self._regional_ports.take_back(context, [body["id"] for body in bodies])
            raise


def _refuse_other_revision(context: Any, port: Json) -> None:
    """Look at the caller's ``If-Match`` before central changes anything; Neutron looks when it writes.

    :raises RevisionNumberConstraintFailed: the port is as of another revision (412).
    """
    wanted = context.get_transaction_constraint()
    if wanted is None or (wanted.resource, wanted.resource_id) != ("ports", port["id"]):
        return
    if port.get("revision_number", wanted.if_revision_match) != wanted.if_revision_match:
        raise RevisionNumberConstraintFailed(wanted.if_revision_match, port["revision_number"])
