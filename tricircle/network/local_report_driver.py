"""The ``tricircle_report`` mechanism driver.

Notes, in the very transaction of a port's change, that central must hear of it.
"""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

from tricircle.db.neutron import copies, reports
from tricircle.network.local_reports import Reporter

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

    def update_port_precommit(self, context: Any) -> None:
        """Note a change of binding, status or owner."""
        port, before = context.current, context.original
        if any(port.get(name) != before.get(name) for name in REPORTED):
            self._record(context, deleted=False)

    def update_port_postcommit(self, context: Any) -> None:
        """Wake the reporter: the change is committed. What other regions depend on is whether the port is up."""
        port, before = context.current, context.original
        went_up_or_down = port["status"] != before["status"] and constants.PORT_STATUS_ACTIVE in (
            port["status"],
            before["status"],
        )
        self._reporter.wake(urgent=went_up_or_down)

    def delete_port_precommit(self, context: Any) -> None:
        """Note that the port is gone."""
        self._record(context, deleted=True)

    def delete_port_postcommit(self, context: Any) -> None:
        """Wake the reporter: the port is gone."""
        self._reporter.wake()

    @staticmethod
    def _record(context: Any, *, deleted: bool) -> None:
        port = context.current
        # A distributed router's port has a binding on each host and none of its own.
        if port["device_owner"] == constants.DEVICE_OWNER_DVR_INTERFACE:
            return
        if copies.is_copy(context.plugin_context, port["network_id"]):
            reports.record(context.plugin_context, port["id"], deleted=deleted)
