"""What a region that is being drained gives up: copies that nobody here uses, and that may come again another day.

Only copies go, each with the row that says that it is one, and nothing that is alive: whether a network or a group is
in use here, this region alone knows at that moment.
"""

import contextlib
import dataclasses
import logging
from collections.abc import Collection, Sequence
from typing import Any

from neutron.plugins.ml2.common import exceptions as ml2_exc
from neutron_lib import constants
from neutron_lib import exceptions as n_exc

from tricircle.db.neutron import copies, group_uses, reports
from tricircle.db.neutron import ports as ports_db
from tricircle.db.neutron.copies import State
from tricircle.domain import copied_kinds, wire
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.wire import CopyOrders, Reason
from tricircle.network import call_info, copied_models
from tricircle.network.copied_models import CopiedModel
from tricircle.network.local import address_groups, askers
from tricircle.network.local.copies import Copies, unasking
from tricircle.plans import group_members

LOG = logging.getLogger(__name__)

ROUTER = "router"


@dataclasses.dataclass
class Outcome:
    """What is in use here, and what could not be given up yet ({"id", "reason"})."""

    kept_ids: list[str] = dataclasses.field(default_factory=list)
    pending: list[Reason] = dataclasses.field(default_factory=list)

    def wait(self, id_: str, reason: str) -> None:
        """It is to be tried again."""
        self.pending.append({"id": id_, "reason": reason})


@dataclasses.dataclass
class _OnNetwork:
    """Ports of a network: those that go before it, how many parts of routers have, and those that are in use."""

    idle: list[str] = dataclasses.field(default_factory=list)
    of_routers: int = 0
    used: list[str] = dataclasses.field(default_factory=list)


class Releases:
    """Gives copies up; one object's failure leaves the others alone."""

    def __init__(self, plugin: Any, real: Any, known: Copies) -> None:
        """``plugin`` is the region's core plugin, ``real`` has the real one's own methods."""
        self._plugin = plugin
        self._real = real
        self._copies = known

    def apply(self, context: Any, desired: CopyOrders) -> Outcome:
        """Do what the extension ``tricircle-regional-copy`` is asked for by ``released_…``."""
        admin, outcome = unasking(context), Outcome()
        with askers.nobody():
            ports = frozenset(_released(desired, copied_kinds.PORT))
            for id_ in _released(desired, copied_kinds.NETWORK):
                self._attempt(outcome, id_, self._network, admin, id_, ports, outcome)
            group_ids = _released(desired, copied_kinds.SECURITY_GROUP)
            address_group_ids = _released(desired, copied_kinds.ADDRESS_GROUP)
            if group_ids or address_group_ids:
                self._groups(admin, group_ids, address_group_ids, outcome)
            for model in copied_models.standalone():
                for id_ in _released(desired, model.kind):
                    self._attempt(outcome, id_, self._standalone, admin, model, id_, outcome)
        return outcome

    @staticmethod
    def _attempt(outcome: Outcome, id_: str, act: Any, *arguments: Any) -> None:
        try:
            act(*arguments)
        except (n_exc.NeutronException, ml2_exc.MechanismDriverError) as error:
            outcome.wait(id_, str(error))

    # Networks.

    def _network(self, admin: Any, id_: str, ports: Collection[str], outcome: Outcome) -> None:
        if not self._is_there(admin, "network", id_, outcome):
            return
        found = self._look(admin, id_, ports)
        if not found.used and not found.of_routers:
            found = self._give_up(admin, id_, found, ports)
        if found.used:
            LOG.info("Network %s is in use here, and stays: ports %s", id_, ", ".join(found.used))
            outcome.kept_ids.append(id_)
        elif found.of_routers:
            outcome.wait(id_, "parts of routers are on it")
        elif self._copies.existing(admin, "network", [id_]):
            outcome.wait(id_, "parts of it are being removed")

    def _is_there(self, admin: Any, resource_type: str, id_: str, outcome: Outcome) -> bool:
        """Whether there is a copy to be given up. Of one that is not here the row goes."""
        state = copies.states(admin, [id_]).get(id_)
        if copies.being_made(admin, [id_]):
            outcome.wait(id_, "a request is making it at this moment")
            return False
        here = bool(self._copies.existing(admin, resource_type, [id_]))
        if here and state is None:
            LOG.warning("%s %s is this region's own, and not central's to take away: it stays", resource_type, id_)
        if not here:
            copies.forget(admin, [id_])
        return here and state not in (None, State.DELETED)

    def _look(self, admin: Any, network_id: str, releasable: Collection[str]) -> _OnNetwork:
        """``releasable``: ids of the ports of which central says that they do not live here."""
        ports = ports_db.on_network(admin, network_id)
        states = copies.states(admin, {port.id for port in ports} | {port.device_id for port in ports})
        making = copies.being_made(admin, [port.id for port in ports])
        parts = copies.of_type(admin, ROUTER, {port.device_id for port in ports})
        found = _OnNetwork()
        for port in ports:
            if port.device_owner == constants.DEVICE_OWNER_DHCP:
                continue  # serves the others until the network itself goes
            unmade = states.get(port.id) in (State.MAKING, State.HALF_MADE) and port.id not in making
            parked = unmade or states.get(port.id) is State.PARKED
            copied = port.id in releasable and states.get(port.id) is State.WHOLE
            waits = copied and not reports.are_pending(admin, port.id)
            if port.device_id in parts or port.device_owner == constants.DEVICE_OWNER_FLOATINGIP:
                found.of_routers += 1
            elif (parked or waits) and not port.is_bound:
                found.idle.append(port.id)
            else:
                found.used.append(port.id)
        return found

    def _give_up(self, admin: Any, id_: str, found: _OnNetwork, ports: Collection[str]) -> _OnNetwork:
        """Answers what is there afterwards: somebody may have come in the midst of it."""
        in_the_way = (n_exc.InUse, n_exc.NotFound, ml2_exc.MechanismDriverError)
        with contextlib.suppress(*in_the_way), call_info.on(admin, told=True, released=True):
            for port_id in found.idle:
                self._real.delete(admin, "port", port_id)
            # Of DHCP servers' ports, and of subnets, Neutron sees to itself, once it has seen that no other is there.
            self._real.delete(admin, "network", id_)
        return self._look(admin, id_, ports)

    # Kinds that need nothing but themselves.

    def _standalone(self, admin: Any, model: CopiedModel, id_: str, outcome: Outcome) -> None:
        if not self._is_there(admin, model.kind.type, id_, outcome):
            return
        try:
            self._real.delete(admin, model.kind.type, id_)
        except n_exc.InUse:
            outcome.kept_ids.append(id_)
            return
        copies.forget(admin, [id_])

    # Groups.

    def _groups(self, admin: Any, group_ids: Sequence[str], address_group_ids: Sequence[str], outcome: Outcome) -> None:
        used = group_uses.groups(admin)
        for id_ in group_ids:
            if id_ in used:
                outcome.kept_ids.append(id_)
            elif self._is_there(admin, "security_group", id_, outcome):
                self._attempt(outcome, id_, self._plugin.delete_security_group, admin, id_)
        for id_ in address_group_ids:
            if group_uses.is_named(admin, id_):
                outcome.kept_ids.append(id_)
            elif copies.is_copy(admin, id_):
                self._attempt(outcome, id_, address_groups.delete, self._plugin, admin, [id_])
                copies.forget(admin, [id_])
        # Those of members elsewhere that no rule names any more.
        idle = [id_ for id_ in group_uses.unnamed_copies(admin) if group_members.is_ours(id_)]
        address_groups.delete(self._plugin, admin, idle)


def _released(desired: CopyOrders, kind: CopiedKind) -> list[str]:
    return wire.ids(desired, "released", kind)
