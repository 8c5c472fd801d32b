"""What happens to central's routers, recorded in the transaction in which it happens."""

import contextlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from neutron.db.models import l3 as l3_models
from neutron.objects import router as l3_obj
from neutron_lib import constants
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api

from tricircle.db.neutron import tombstones
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType
from tricircle.network.central.outbox import Outbox

# Ports by which a router is joined to networks.
ROUTER_PORTS = frozenset({constants.DEVICE_OWNER_ROUTER_INTF, constants.DEVICE_OWNER_ROUTER_GW})


class RouterEvents:
    """Turns changes of routers, of their ports and of floating IPs into jobs ``configure_route``."""

    def __init__(self, outbox: Outbox) -> None:
        """Listens from now on."""
        self._outbox = outbox
        for callback, resource, names in (
            (self.record_router, resources.ROUTER, (events.PRECOMMIT_UPDATE, events.PRECOMMIT_DELETE)),
            (self.record_router, resources.ROUTER_GATEWAY, (events.PRECOMMIT_UPDATE,)),
            (self.record_port, resources.PORT, (events.PRECOMMIT_CREATE, events.PRECOMMIT_UPDATE)),
            (self.record_port, resources.PORT, (events.PRECOMMIT_DELETE,)),
            (self.record_floating_ip, resources.FLOATING_IP, (events.PRECOMMIT_CREATE, events.PRECOMMIT_UPDATE)),
            (self.record_floating_port, resources.FLOATING_IP, (events.PRECOMMIT_DELETE,)),
        ):
            for event in names:
                registry.subscribe(callback, resource, event)
        db_api.sqla_listen(l3_models.RouterPort, "after_insert", self.record_attachment)

    def together(self, context: Any) -> contextlib.AbstractContextManager[None]:
        """For a call that Neutron makes of several transactions: see ``Outbox.together``."""
        return self._outbox.together(context)

    def record_router(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """A router, or its gateway, changes or goes."""
        self._record(payload.context, [payload.resource_id])
        if (resource, event) == (resources.ROUTER, events.PRECOMMIT_DELETE):
            tombstones.record(payload.context, ResourceType.ROUTER, payload.resource_id, payload.states[0].project_id)

    def record_port(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """A port by which a router is joined to a network comes, changes or goes."""
        self._record(payload.context, _routers_of_port(payload))

    def record_attachment(self, mapper: Any, connection: Any, attachment: Any) -> None:
        """A port becomes a router's interface or gateway, in a transaction after the one that made the port.

        Neutron has no event in that transaction; SQLAlchemy has, while the session writes. What a joint goes with, is
        the port.
        """
        writing: Any = sa.orm.object_session(attachment)
        self._record(writing.info["using_context"], [attachment.router_id])

    def record_floating_ip(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """A floating IP comes, or moves."""
        routers = [*_routers_of(payload.states), *(payload.metadata.get("router_ids") or ())]
        self._record(payload.context, [*routers, payload.desired_state.router_id])

    def record_floating_port(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """The outside port of a floating IP goes, and the floating IP with it."""
        floating = l3_obj.FloatingIP.get_objects(payload.context.elevated(), floating_port_id=payload.resource_id)
        self._record(payload.context, [item.router_id for item in floating])

    def _record(self, context: Any, router_ids: Iterable[str | None]) -> None:
        for router_id in sorted({router_id for router_id in router_ids if router_id}):
            query = sa.select(l3_models.Router.project_id).where(l3_models.Router.id == router_id)
            project_id = context.session.scalar(query) or ""
            change = Change(
                job_type=JobType.CONFIGURE_ROUTE,
                subject_type=ResourceType.ROUTER,
                subject_id=router_id,
                field="router_id",
                resource_id=router_id,
                project_id=project_id,
            )
            self._outbox.record(context, change)


def _routers_of_port(payload: Any) -> list[str]:
    """The routers that a port joins to a network, before or after.

    None, if nothing changed but what the port's region decides.
    """
    ports = [state for state in (*payload.states, payload.desired_state) if state]
    kept = [(port["fixed_ips"], port["device_id"], port["device_owner"]) for port in ports]
    if len(kept) > 1 and all(state == kept[0] for state in kept):
        return []
    return [port["device_id"] for port in ports if port["device_owner"] in ROUTER_PORTS and port["device_id"]]


def _routers_of(states: Iterable[Any]) -> list[str]:
    return [state["router_id"] for state in states if state and state.get("router_id")]
