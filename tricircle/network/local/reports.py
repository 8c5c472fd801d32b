"""Telling central of a region's ports, in batches: the table of reports is the truth, this only empties it."""

import contextlib
import logging
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from neutron.objects import router as l3_obj
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import portbindings
from oslo_utils import uuidutils

from tricircle.db.neutron import copies, incarnations, reports
from tricircle.db.neutron.reports import Claimed
from tricircle.domain.ages import AgeTracker
from tricircle.domain.endpoints import TunnelEndpoint, to_json
from tricircle.domain.jsons import Json
from tricircle.domain.wire import FloatingIpState, PortState, Report
from tricircle.network import exceptions
from tricircle.network.local.backends.base import Backend, LocalPort
from tricircle.network.local.central_client import Central

LOG = logging.getLogger(__name__)

# Seconds to wait for more to report before a batch leaves.
BATCH_WINDOW = 0.05
# And for what nobody at central waits for: a binding, which the status follows soon, or a DHCP server, which comes up
# just before the instance that needs it. While more comes it waits on, but not for ever.
PATIENCE = 5.0
LONGEST_PATIENCE = 10.0
BATCH_SIZE = 500
# Seconds after which a batch is anybody's, and what nobody has tried to send yet too: its sender is dead.
LEASE = 60
# What central refuses by itself comes again, after a while that doubles up to so many seconds.
LONGEST_PAUSE = 3600
# Seconds that somebody waits for another process's telling.
LONGEST_TELLING = 3.0


class Reporter:
    """Sends what the table holds: at once in a thread of its own when woken, and whenever ``flush`` is called.

    What cannot be sent stays in the table for the next call; ``neutron-periodic-workers`` calls regularly.
    """

    def __init__(self, plugin: Any, central: Central, backend: Backend, l2gw_tunnel_ip: str | None = None) -> None:
        """``l2gw_tunnel_ip``: the VTEP behind which all of this region's ports sit in mode ``l2gw``."""
        self._plugin = plugin
        self._central = central
        self._backend = backend
        self._l2gw_tunnel_ip = l2gw_tunnel_ip
        self._woken = threading.Event()
        self._urgent = threading.Event()
        self._ages = AgeTracker()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._holders = 0
        self._thread: threading.Thread | None = None

    def wake(self, *, urgent: bool = True) -> None:
        """There may be something to send, within ``PATIENCE`` if it is not urgent. Never blocks."""
        if urgent:
            self._urgent.set()
        self._woken.set()
        with self._lock:
            # Servers fork after the plugin is made, so the thread is started where it is first needed.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tricircle-reports", daemon=True)
                self._thread.start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What is not urgent waits for the end of the block: ports of a bulk are bound one by one, and told at once."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1

    def stop(self) -> None:
        """End the thread, if there is one, after the batch that it is sending. ``wake`` starts another."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self._urgent.set()
            self._woken.set()
            thread.join()
            self._stopping.clear()

    def _run(self) -> None:
        while True:
            self._woken.wait()
            self._be_patient()
            self._stopping.wait(BATCH_WINDOW)
            self._urgent.clear()
            self._woken.clear()
            if self._stopping.is_set():
                return
            try:
                self.flush()
            except Exception:  # the thread must live on: the rows are still there, and the sweep comes back to them
                LOG.exception("Ports could not be reported to central Neutron")

    def _be_patient(self) -> None:
        """Return when something is urgent, or nothing has been added for a while."""
        deadline = time.monotonic() + LONGEST_PATIENCE
        while self._holders or time.monotonic() < deadline:
            self._woken.clear()
            if self._urgent.wait(PATIENCE) or not (self._holders or self._woken.is_set()):
                return

    def sweep(self) -> None:
        """Send what central could not take, and what nobody has sent for ``LEASE`` seconds.

        What is younger, its own process sends in time, perhaps together with more.
        """
        self.flush(self._ages.older_than(reports.newest(n_context.get_admin_context()), LEASE))

    def tell(self, *port_ids: str) -> None:
        """Have central know of these ports when this returns, if it answers: others look there next.

        What cannot be told now is told later, as ever.
        """
        context = n_context.get_admin_context()
        deadline = time.monotonic() + LONGEST_TELLING
        while reports.are_pending(context, *port_ids) and time.monotonic() < deadline:
            if not self.flush():
                return
            if reports.are_pending(context, *port_ids):  # another process is just telling it
                time.sleep(BATCH_WINDOW)

    def tell_everything(self) -> None:
        """Have central know of all ports that are bound here: it shall not go by what it knew of this region before."""
        reports.record_bound(n_context.get_admin_context())
        self.flush()

    def flush(self, up_to: int | None = None) -> bool:
        """Send everything that nobody else is sending; with ``up_to``, of what is still untried only up to that row.

        Answers whether central has taken what it can: False, if it does not answer.
        """
        context = n_context.get_admin_context()
        if not self._sending.acquire(timeout=LONGEST_TELLING):
            return False  # who sends waits for central
        try:
            while rows := reports.claim(context, uuidutils.generate_uuid(), LEASE, BATCH_SIZE, up_to):
                if not self._send_all(context, rows):
                    return False
            return True
        finally:
            self._sending.release()

    def _send_all(self, context: Any, rows: Sequence[Claimed]) -> bool:
        """Send rows; what central cannot take is looked for by halves, so that it keeps back nothing else."""
        numbers = [row.number for row in rows]
        try:
            refused = self._send(context, rows)
        except n_exc.NeutronException as error:
            if not _is_about_rows(error):
                reports.release(context, numbers)
                LOG.warning("%d changes of ports are not reported yet: %s", len(rows), error)
                return False
            if len(rows) > 1:
                half = len(rows) // 2
                first = self._send_all(context, rows[:half])
                return self._send_all(context, rows[half:]) and first
            refused = {rows[0].resource_id: str(error)}
        held = [row for row in rows if row.resource_id in refused]
        reports.finish(context, {row.number for row in rows} - {row.number for row in held})
        for row in held:
            tries = reports.refuse(context, row.number, LONGEST_PAUSE)
            reason = refused[row.resource_id]
            LOG.warning("Central cannot take what is told of %s (%d times so far): %s", row.resource_id, tries, reason)
        return True

    def _send(self, context: Any, rows: Collection[Claimed]) -> dict[str, str]:
        """Answers the reasons, by id, why central could not take some of it."""
        answer = self._central.report(self._report(context, rows))
        if answer["unknown_port_ids"]:
            # Not removed on this word alone: a central database restored from a backup must not empty a region.
            LOG.warning("Central Neutron does not know ports of this region: %s", ", ".join(answer["unknown_port_ids"]))
        if answer["kept_port_ids"]:
            # They live in another region, and may be used here again.
            copies.restore(context, answer["kept_port_ids"])
        return {one["id"]: one["reason"] for one in answer["refused"]}

    def _report(self, context: Any, rows: Collection[Claimed]) -> Report:
        ports = [row for row in rows if row.resource_type == reports.PORT]
        deleted = {row.resource_id for row in ports if row.deleted}
        floating = sorted({row.resource_id for row in rows} - {row.resource_id for row in ports})
        return {
            "incarnation": incarnations.current(context),
            "ports": self.states(context, {row.resource_id for row in ports} - deleted),
            "deleted_port_ids": sorted(deleted),
            "floating_ips": _floating_ips(context, floating),
        }

    def states(self, context: Any, port_ids: Collection[str]) -> list[PortState]:
        """What to say of ports: two queries however many there are."""
        if not port_ids:
            return []
        ports = self._plugin.get_ports(context, filters={"id": sorted(port_ids)})
        reached = self._reached(context, [_local_port(port) for port in ports])
        return [_state(port, reached.get(port["id"])) for port in ports]

    def _reached(self, context: Any, ports: Sequence[LocalPort]) -> Mapping[str, TunnelEndpoint]:
        """Where other regions reach the ports, by id."""
        if self._l2gw_tunnel_ip:
            return {port.id: TunnelEndpoint(self._l2gw_tunnel_ip) for port in ports if port.host}
        return self._backend.tunnel_endpoints(context, ports)


def _local_port(port: Json) -> LocalPort:
    host = port.get(portbindings.HOST_ID) or ""
    return LocalPort(port["id"], port["network_id"], host, port["device_owner"], port["device_id"])


def _state(port: Json, reached: TunnelEndpoint | None) -> PortState:
    state: PortState = {
        "id": port["id"],
        "revision": port.get("revision_number", 0),
        "status": port["status"],
        "host": port.get(portbindings.HOST_ID) or "",
        "vif_type": port.get(portbindings.VIF_TYPE) or portbindings.VIF_TYPE_UNBOUND,
        "vif_details": port.get(portbindings.VIF_DETAILS) or {},
        "vnic_type": port.get(portbindings.VNIC_TYPE) or portbindings.VNIC_NORMAL,
        "device_id": port["device_id"],
        "device_owner": port["device_owner"],
    }
    return cast(PortState, state | to_json(reached)) if reached else state


def _floating_ips(context: Any, ids: Collection[str]) -> list[FloatingIpState]:
    found = l3_obj.FloatingIP.get_objects(context, id=list(ids)) if ids else []
    return [{"id": item.id, "status": item.status} for item in found]


def _is_about_rows(error: n_exc.NeutronException) -> bool:
    """Whether central has refused what the rows say, and not that this region speaks, or that anybody does."""
    if isinstance(error, exceptions.OutdatedIncarnation):
        return False
    about_rows = (exceptions.CentralFailed, exceptions.CentralBadRequest, exceptions.CentralConflict)
    return isinstance(error, (*about_rows, exceptions.CentralNotFound))
