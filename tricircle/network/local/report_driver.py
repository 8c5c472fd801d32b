"""The ``tricircle_report`` mechanism driver: what must be true at once with a change of the region's own objects.

In the very transaction of the change it notes that central must hear of a port, that a copy came or went, and as of
which revision of central's it is.
"""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api
from oslo_db import exception as db_exc

from tricircle.db.neutron import copies, reports
from tricircle.db.neutron.device_owners import CENTRALS_OWN
from tricircle.network import call_info, exceptions
from tricircle.network.local.reports import Reporter

# What a region decides about a port, and central wants to know.
REPORTED = (
    "status",
    "device_id",
    "device_owner",
    portbindings.HOST_ID,
    portbindings.VIF_TYPE,
    portbindings.VIF_DETAILS,
    portbindings.VNIC_TYPE,
)


class ReportMechanismDriver(api.MechanismDriver):
    """Loaded by the local plugin itself, beside the operator's drivers; binds nothing."""

    _reporter: Reporter

    def initialize(self) -> None:
        """Nothing to do: the plugin hands over the reporter."""

    def use(self, reporter: Reporter) -> None:
        """Set who tells central."""
        self._reporter = reporter

    def bind_port(self, context: Any) -> None:
        """Other drivers bind."""

    def update_network_precommit(self, context: Any) -> None:
        """See ``_advance``."""
        self._advance(context)

    def update_subnet_precommit(self, context: Any) -> None:
        """See ``_advance``."""
        self._advance(context)

    def delete_network_precommit(self, context: Any) -> None:
        """See ``_give_up``."""
        self._give_up(context)

    def delete_subnet_precommit(self, context: Any) -> None:
        """See ``_give_up``."""
        self._give_up(context)

    @staticmethod
    def _give_up(context: Any) -> None:
        """With what is given up goes the row that says that it is a copy: it may come again."""
        if call_info.of(context.plugin_context).released:
            copies.forget(context.plugin_context, [context.current["id"]])

    def create_port_precommit(self, context: Any) -> None:
        """Note the copy.

        :raises DeletedAtCentral: the port was deleted before it could be made here.
        """
        made, port_id = call_info.of(context.plugin_context).made, context.current["id"]
        if port_id not in made:
            return
        try:
            copies.add(context.plugin_context, port_id, "port", made[port_id])
        except db_exc.DBDuplicateEntry as error:
            raise exceptions.DeletedAtCentral(resource="Port", id=port_id) from error

    def update_port_precommit(self, context: Any) -> None:
        """Note a change of binding, status or owner, or that the port is elsewhere.

        :raises Unreported: a request is just bringing the port back.
        """
        self._advance(context)
        known_by, port, before = call_info.of(context.plugin_context), context.current, context.original
        if known_by.parks and not copies.park(context.plugin_context, port["id"]):
            raise exceptions.Unreported(id=port["id"])
        if not known_by.told and any(port.get(name) != before.get(name) for name in REPORTED):
            self._record(context, deleted=False)

    def update_port_postcommit(self, context: Any) -> None:
        """Wake the reporter: the change is committed. What other regions depend on is whether the port is up.

        Of a DHCP server they do not: each has its own.
        """
        port, before = context.current, context.original
        went_up_or_down = port["status"] != before["status"] and constants.PORT_STATUS_ACTIVE in (
            port["status"],
            before["status"],
        )
        self._reporter.wake(urgent=went_up_or_down and port["device_owner"] != constants.DEVICE_OWNER_DHCP)

    def delete_port_precommit(self, context: Any) -> None:
        """Note that the port is gone, and not to be fetched from central before that knows; but see ``_give_up``.

        :raises InUseHere: it was to be given up, and has just been bound.
        """
        known_by, port = call_info.of(context.plugin_context), context.current
        if known_by.released:
            if port["device_owner"] != constants.DEVICE_OWNER_DHCP and not copies.is_unbound(
                context.plugin_context, port["id"]
            ):
                raise exceptions.InUseHere(resource="Port", id=port["id"])
            self._give_up(context)
            return
        known = copies.states(context.plugin_context, [port["id"], port["network_id"]])
        if known and port["device_owner"] not in CENTRALS_OWN:  # those come and go with a router's part
            copies.set_tombstones(context.plugin_context, {port["id"]: "port"})
        if not known_by.told:
            self._record(context, deleted=True)

    def delete_port_postcommit(self, context: Any) -> None:
        """Wake the reporter: the port is gone."""
        self._reporter.wake()

    @staticmethod
    def _advance(context: Any) -> None:
        """Let what central says as of some revision be written only if nothing later is.

        :raises StaleRevision: it is.
        """
        id_ = context.current["id"]
        revision = call_info.of(context.plugin_context).written.get(id_)
        if revision is not None and not copies.advance(context.plugin_context, id_, revision):
            raise exceptions.StaleRevision(id=id_, revision=revision)

    @staticmethod
    def _record(context: Any, *, deleted: bool) -> None:
        port = context.current
        # A distributed router's port has a binding on each host and none of its own.
        if port["device_owner"] == constants.DEVICE_OWNER_DVR_INTERFACE:
            return
        state = copies.states(context.plugin_context, [port["network_id"]]).get(port["network_id"])
        # Central may have deleted the network before: that a port of it is gone, it is waiting to hear.
        if state is not None and (deleted or state is not copies.State.DELETED):
            reports.record(context.plugin_context, port["id"], deleted=deleted)
