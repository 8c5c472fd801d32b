"""Copies in a region brought to what central says of them, and removed: as ``jobs.handlers.copies`` ask.

Everything is safe to repeat, and to come late: a copy never goes back to an older revision of central's, and what was
deleted is never made again.
"""

import contextlib
import copy
import dataclasses
import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from neutron.plugins.ml2.common import exceptions as ml2_exc
from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import portbindings, provider_net
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tricircle.db.neutron import copies, reports
from tricircle.db.neutron.copies import State
from tricircle.domain import copied_kinds, wire
from tricircle.domain.jsons import Json
from tricircle.domain.wire import CopiesAnswer, CopyOrders, Objects, Reason
from tricircle.network import call_info, copied_models, exceptions, neutron_internals
from tricircle.network.copied_models import CopiedModel
from tricircle.network.local import address_groups, askers, rbac
from tricircle.network.local.copies import Copies, unasking
from tricircle.network.local.ports import RegionalPorts, followed
from tricircle.plans import differences

LOG = logging.getLogger(__name__)

# A tombstone has to outlive every request that may still have an older answer of central's in hand. A day is beyond
# any.
TOMBSTONE_SECONDS = 86400

# What is left of a port's copy while the port lives in another region. Agents take deletions as final (see
# ``neutron.agent.resource_cache``): of a port that is deleted and made again they would know nothing.
PARKED: Json = {
    "fixed_ips": [],
    "security_groups": [],
    "allowed_address_pairs": [],
    "device_id": "",
    "device_owner": "",
    portbindings.HOST_ID: "",
    portbindings.PROFILE: {},
}


@dataclasses.dataclass
class _Left:
    """What could not be done yet ({"id", "reason"}), and what was not here."""

    pending: list[Reason] = dataclasses.field(default_factory=list)
    absent_ids: list[str] = dataclasses.field(default_factory=list)

    def attempt(self, id_: str, act: Callable[..., None], *arguments: Any) -> None:
        """Call ``act``, and note why it failed."""
        try:
            act(*arguments)
        except n_exc.NotFound:
            self.absent_ids.append(id_)
        except (n_exc.NeutronException, ml2_exc.MechanismDriverError, db_exc.DBReferenceError) as error:
            self.pending.append({"id": id_, "reason": str(error)})


class Follower:
    """Applies what central says. ``real`` has the real core plugin's own methods."""

    def __init__(self, plugin: Any, real: Any, known: Copies, ports: RegionalPorts) -> None:
        """``plugin`` is the region's core plugin."""
        self._plugin = plugin
        self._real = real
        self._copies = known
        self._ports = ports

    def apply(self, context: Any, desired: CopyOrders) -> CopiesAnswer:
        """Do what the extension ``tricircle-regional-copy`` is asked for.

        Answers its ``pending`` and ``absent_ids``. One object's failure leaves the others alone.
        """
        admin, left = unasking(context), _Left()
        with askers.nobody():
            self._remove(admin, desired, left)
            states, gone = copies.states(admin, [network["id"] for network in desired["networks"]]), State.DELETED
            # A network that is not here is made when somebody here needs it.
            here = [network for network in desired["networks"] if states.get(network["id"], gone) is not gone]
            left.absent_ids += [network["id"] for network in desired["networks"] if network not in here]
            self._copies.make(admin, cast(Objects, {**desired, "networks": here}))
            for model in copied_models.standalone():
                for resource in wire.objects(desired, model.kind):
                    left.attempt(resource["id"], self._standalone, admin, model, resource)
            for network in here:
                left.attempt(network["id"], self._network, admin, network)
            for subnet in desired["subnets"]:
                left.attempt(subnet["id"], self._subnet, admin, subnet)
            for port in desired["ports"]:
                left.attempt(port["id"], self._port, admin, port)
        return {"pending": left.pending, "absent_ids": left.absent_ids}

    def _remove(self, admin: Any, desired: CopyOrders, left: _Left) -> None:
        gone = {
            id_: model.kind.type
            for model in reversed(copied_models.in_views())
            for id_ in wire.ids(desired, "deleted", model.kind)
        }
        for id_ in self._own(admin, gone):
            LOG.warning("%s %s is this region's own, and not central's to delete: it stays", gone.pop(id_), id_)
        # First the tombstones: who begins to make one from now on fails; who has begun is waited for.
        copies.set_tombstones(admin, gone)
        making = copies.being_made(admin, gone)
        for id_, resource_type in gone.items():
            left.attempt(id_, self._copies.remove, admin, resource_type, id_)
        left.pending += [{"id": id_, "reason": "a request is making it at this moment"} for id_ in sorted(making)]
        for id_ in desired["left_port_ids"]:
            left.attempt(id_, self._leave, admin, id_)

    def _own(self, admin: Any, ids: Mapping[str, str]) -> list[str]:
        """Those of the objects (id → type) that are here and were never central's."""
        known = copies.states(admin, ids)
        return [
            id_
            for resource_type in sorted(set(ids.values()))
            for id_ in self._copies.existing(admin, resource_type, [i for i in ids if ids[i] == resource_type])
            if id_ not in known
        ]

    def _leave(self, admin: Any, port_id: str) -> None:
        if reports.are_pending(admin, port_id):
            # It may just have come back: central hears of that, and decides anew.
            raise exceptions.Unreported(id=port_id)
        if copies.states(admin, [port_id]).get(port_id) is State.WHOLE:
            with call_info.on(admin, told=True, parks=True):
                self._real.update(admin, "port", port_id, copy.deepcopy(PARKED))

    def remove_stale(self, admin: Any) -> None:
        """Remove what was deleted and is still here, for a request was late or a removal failed; drop old tombstones.

        But those of what is here: without one it would be taken for the region's own.
        """
        left = _Left()
        for resource_type, remove in self._removals().items():
            for id_ in copies.stale(admin, copied_models.get(resource_type).model.id):
                LOG.warning("%s %s is deleted at central, and was still here", resource_type, id_)
                left.attempt(id_, remove, admin, id_)
        if left.pending:
            LOG.warning("Could not be removed yet: %s", left.pending)
        copies.purge(admin, TOMBSTONE_SECONDS, [model.model.id for model in copied_models.all_models()])

    def _removals(self) -> dict[str, Callable[[Any, str], None]]:
        """By type, in an order in which nothing is in another's way. Parts of routers have a job of their own."""
        return {
            **{kind: functools.partial(self._remove_copy, kind) for kind in _removal_order()},
            "security_group": self._plugin.delete_security_group,
            "address_group": lambda admin, id_: address_groups.delete(self._plugin, admin, [id_]),
        }

    def _standalone(self, admin: Any, model: CopiedModel, resource: Json) -> None:
        """One of a kind that needs nothing but itself: one that is not here is made when somebody here needs it."""
        if not self._copies.existing(admin, model.kind.type, [resource["id"]]):
            raise n_exc.ObjectNotFound(id=resource["id"])
        (observed,) = model.read(model.plugin(), admin, [resource["id"]])
        changes = differences.difference(resource, observed, model.kind.followed)
        with db_api.CONTEXT_WRITER.using(admin):
            if not copies.advance(admin, resource["id"], resource["revision_number"]):
                return
        if changes:
            self._real.change(admin, model, resource["id"], changes)
        if model.rbac:
            rbac.follow(admin, model.kind.type, resource)

    def _remove_copy(self, resource_type: str, admin: Any, id_: str) -> None:
        self._copies.remove(admin, resource_type, id_)

    def _network(self, admin: Any, network: Json) -> None:
        observed = self._plugin.get_network(admin, network["id"])
        limit = self.mtu_limit(observed)
        desired = {**network, "mtu": differences.lowered(network["mtu"], limit)} if network.get("mtu") else network
        changes = differences.difference(desired, observed, copied_kinds.NETWORK.followed)
        with db_api.CONTEXT_WRITER.using(admin):
            if not copies.advance(admin, network["id"], network["revision_number"]):
                return
        self._update(admin, "network", network, changes)
        # After that: who makes a network external makes an RBAC entry of its own, in whose place comes central's.
        with db_api.CONTEXT_WRITER.using(admin):
            if copies.advance(admin, network["id"], network["revision_number"]):
                rbac.follow(admin, "network", network)

    def mtu_limit(self, network: Json) -> int | None:
        """The highest MTU that this region can give the network; None where the real core plugin does not say."""
        segment = {
            "network_type": network.get(provider_net.NETWORK_TYPE),
            "physical_network": network.get(provider_net.PHYSICAL_NETWORK),
            "segmentation_id": network.get(provider_net.SEGMENTATION_ID),
        }
        return neutron_internals.mtu_limit(self._plugin, network["id"], segment)

    def _subnet(self, admin: Any, subnet: Json) -> None:
        observed = self._plugin.get_subnet(admin, subnet["id"])
        self._update(admin, "subnet", subnet, differences.difference(subnet, observed, copied_kinds.SUBNET.followed))

    def _port(self, admin: Any, port: Json) -> None:
        observed = self._observed_port(admin, port)
        fields = followed(observed)
        bound = observed.get(portbindings.HOST_ID) or port.get(portbindings.HOST_ID)
        if observed["device_owner"] != constants.DEVICE_OWNER_DHCP and not bound:
            fields = (*fields, *copied_kinds.PORT.regional)
        changes = differences.difference(port, observed, fields)
        self._ports.adapt(admin, port, changes)
        self._update(admin, "port", port, changes)

    def _observed_port(self, admin: Any, port: Json) -> Json:
        """The copy; one that is gone from the database past Neutron is made again, and bound where it was.

        :raises PortNotFound: there is none, as it should be.
        """
        try:
            return cast(Json, self._plugin.get_port(admin, port["id"]))
        except n_exc.PortNotFound:
            if copies.states(admin, [port["id"]]).get(port["id"]) is not State.WHOLE:
                raise
        self._copies.bring(admin, port_ids=[port["id"]])
        if host := port.get(portbindings.HOST_ID):
            self._real.update(admin, "port", port["id"], {portbindings.HOST_ID: host})
        return cast(Json, self._plugin.get_port(admin, port["id"]))

    def _update(self, admin: Any, resource_type: str, desired: Json, changes: Json) -> None:
        if not changes:
            with db_api.CONTEXT_WRITER.using(admin):
                copies.advance(admin, desired["id"], desired["revision_number"])
            return
        with not_stale(), call_info.on(admin, written={desired["id"]: desired["revision_number"]}):
            self._real.update(admin, resource_type, desired["id"], changes)


def _removal_order() -> list[str]:
    """What belongs to something before that, and what is named after what names it."""
    return [model.kind.type for model in reversed(copied_models.in_views())]


@contextlib.contextmanager
def not_stale() -> Iterator[None]:
    """What is refused inside because something later is in the copy already, is nothing to complain of."""
    try:
        yield
    except ml2_exc.MechanismDriverError as error:
        if not any(isinstance(inner, exceptions.StaleRevision) for inner in error.inner_exceptions):
            raise
