"""What central reserves for regions is shown to administrators and services alone."""

import contextlib
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2

from tricircle.db.neutron.device_owners import DEVICE_OWNER_BRIDGE, DEVICE_OWNER_GATEWAY
from tricircle.db.neutron.models import RegionalAddress
from tricircle.domain.jsons import Json
from tricircle.network import call_info, neutron_internals
from tricircle.network._real_plugin import RealPlugin


def hide_reservations() -> None:
    """Leave reservations out of what is read inside ``_shown``, in the query itself, so that pages are whole."""
    neutron_internals.filter_reads(models_v2.Port, "reservations", _without_reservations)


def _without_reservations(context: Any, model: Any, query: Any) -> Any:
    if not call_info.of(context).hides_reservations:
        return query
    reserved = sa.exists().where(RegionalAddress.port_id == model.id)
    return query.filter(~model.device_owner.in_([DEVICE_OWNER_GATEWAY, DEVICE_OWNER_BRIDGE]), ~reserved)


def _shown(context: Any) -> contextlib.AbstractContextManager[Any]:
    """Inside, ports are read for somebody who asks for ports: what Neutron reads by the way must be all there is."""
    return call_info.on(context, hides_reservations=not (context.is_admin or context.is_service_role))


class HiddenReservations(RealPlugin):
    """ML2's reads of ports. To tenants a reservation is not there: 404 to whoever would change or delete it."""

    def get_port(self, context: Any, *args: Any, **kwargs: Any) -> Json:
        """As ML2."""
        with _shown(context):
            return super().get_port(context, *args, **kwargs)

    def get_ports(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As ML2."""
        with _shown(context):
            return super().get_ports(context, *args, **kwargs)

    def get_ports_count(self, context: Any, *args: Any, **kwargs: Any) -> int:
        """As ML2."""
        with _shown(context):
            return super().get_ports_count(context, *args, **kwargs)
