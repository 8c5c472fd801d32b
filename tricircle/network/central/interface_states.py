"""States of routers' interfaces at central: ACTIVE when every region has its own that must have one.

Where no region must, because nothing there asks for the network, that is so from the beginning.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import l3_attrs
from neutron_lib import constants
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api
from oslo_serialization import jsonutils

from tricircle.db.neutron import locations, router_ports
from tricircle.db.neutron.router_ports import Standing
from tricircle.domain import placement
from tricircle.domain.routings import ResourceType
from tricircle.network.central.records import Records


class InterfaceStates:
    """Derives the status of an interface from those of the ports that stand for it in the regions."""

    def __init__(self, records: Records) -> None:
        """Listens from now on."""
        self._records = records
        registry.subscribe(self._created, resources.ROUTER_INTERFACE, events.AFTER_CREATE)

    def _created(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        self.refresh(payload.context.elevated(), [payload.metadata["port"]["id"]])

    def refresh(self, admin: Any, port_ids: Collection[str]) -> None:
        """Bring the interfaces up to date for which some of the ports stand."""
        if port_ids:
            self._bring(admin, router_ports.interfaces_of(admin, port_ids=port_ids))

    def refresh_networks(self, admin: Any, network_ids: Collection[str]) -> None:
        """Bring the interfaces on the networks up to date: a region has them that had them not, or the other way."""
        if network_ids:
            self._bring(admin, router_ports.interfaces_of(admin, network_ids=network_ids))

    def _bring(self, admin: Any, interfaces: Mapping[str, tuple[str, str]]) -> None:
        """``interfaces``: by port id, their network and router."""
        if not interfaces:
            return
        standing = router_ports.standing_for(admin, interfaces)
        needed = self._needed(admin, interfaces)
        states = {id_: _status(needed[id_], standing.get(id_, ())) for id_ in interfaces}
        port = models_v2.Port
        with db_api.CONTEXT_WRITER.using(admin):
            for id_, status in sorted(states.items()):
                changed = sa.update(port).where(port.id == id_, port.status != status).values(status=status)
                if admin.session.execute(changed.execution_options(synchronize_session=False)).rowcount:
                    locations.touch(admin, port_ids=[id_])

    def _needed(self, admin: Any, interfaces: Mapping[str, tuple[str, str]]) -> dict[str, set[str]]:
        """By interface, the regions that must have it."""
        pods = self._records.pods()
        names = {pod.pod_id: pod.region_name for pod in pods}
        present = self._records.pods_with(ResourceType.NETWORK, {network for network, _ in interfaces.values()})
        hints = _hints(admin, {router_id for _, router_id in interfaces.values()})
        needed = {}
        for id_, (network_id, router_id) in interfaces.items():
            placed = placement.Placed(hints=hints.get(router_id, ()))
            allowed = placement.allowed_regions(placed, pods, "")
            needed[id_] = {names[pod_id] for pod_id in present.get(network_id, ()) if pod_id in names} & allowed
        return needed


def _status(needed: Collection[str], standing: Collection[Standing]) -> str:
    up = {port.region_name for port in standing if port.status == constants.PORT_STATUS_ACTIVE}
    return str(constants.PORT_STATUS_ACTIVE if set(needed) <= up else constants.PORT_STATUS_DOWN)


def _hints(admin: Any, router_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    row = l3_attrs.RouterExtraAttributes
    query = sa.select(row.router_id, row.availability_zone_hints).where(row.router_id.in_(router_ids))
    with db_api.CONTEXT_READER.using(admin):
        return {found[0]: tuple(jsonutils.loads(found[1] or "[]")) for found in admin.session.execute(query)}
