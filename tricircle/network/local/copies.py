"""Copies of central's objects in a region, made on demand, each once however many ask for it."""

import contextlib
import enum
import functools
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import tenacity
from neutron.common import ipv6_utils
from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.api import attributes
from neutron_lib.db import api as db_api
from oslo_db import api as oslo_db_api
from oslo_utils import uuidutils

from tricircle.db.neutron import copies
from tricircle.db.neutron.copies import State
from tricircle.domain import copied_kinds, wire
from tricircle.domain.jsons import Json
from tricircle.domain.wire import Objects
from tricircle.network import call_info, copied_models, exceptions
from tricircle.network.copied_models import CopiedModel
from tricircle.network.local import askers, lost, rbac, security_groups
from tricircle.network.local.central_client import Central
from tricircle.network.local.endpoints import Endpoints
from tricircle.network.local.quotas import QuotaMemory
from tricircle.plans import differences

LOG = logging.getLogger(__name__)

# Seconds after which a half-made copy is anybody's to finish: its maker is dead, or as good as.
LEASE = 120
# How often in one go a removal is begun again that found a part of the object gone.
_REMOVALS = 3


class _Outcome(enum.Enum):
    MADE = "made"
    THERE = "there"
    DELETED = "deleted"


class _BeingMadeError(Exception):
    """Another request makes the copy at this moment."""


class Copies:
    """Makes copies.

    ``real`` has the real core plugin's own methods, past what the local plugin adds: see ``local_plugin``.
    """

    def __init__(self, plugin: Any, real: Any, central: Central, remote: Endpoints, quotas: QuotaMemory) -> None:
        """``plugin`` is the region's core plugin, ``remote`` takes the networks' ports of other regions."""
        self._plugin = plugin
        self._real = real
        self._central = central
        self._endpoints = remote
        self._quotas = quotas

    def missing(self, context: Any, resource_type: str, ids: Collection[str]) -> list[str]:
        """Those of ``ids`` that this region has not, or not wholly, and that are not known to be deleted."""
        whole = copies.whole(context, copied_models.get(resource_type).model.id, ids)
        absent = [id_ for id_ in dict.fromkeys(ids) if id_ not in whole]
        states = copies.states(context, absent)
        return [id_ for id_ in absent if states.get(id_) is not State.DELETED]

    def bring(self, context: Any, **asked: Any) -> None:
        """Have what is ``asked`` for (keywords of ``Central.view``).

        As far as the caller may see it and it may live here.
        """
        asking = context.project_id if context.auth_token else None
        unknown = [asking] if asking and self._quotas.get(asking) is None else []
        view = self._central.view(context, quota_project_ids=unknown, **asked)
        self._quotas.remember(view["quotas"])
        for refused in view["refused"]:
            LOG.info(
                "Network %s is not made in region %s: %s",
                refused["id"],
                self._central.region_name,
                refused["reason"],
            )
        self.make(context, view)

    def make(self, context: Any, view: Objects) -> None:
        """Make everything of a view that is not here yet."""
        with askers.nobody():
            self._make_what_lacks(unasking(context), view)

    # Neutron tries its controllers again, but not what policies look up before these.
    @oslo_db_api.wrap_db_retry(
        max_retries=db_api.MAX_RETRIES,
        retry_interval=0.1,
        inc_retry_interval=True,
        exception_checker=db_api.is_retriable,
    )
    def _make_what_lacks(self, admin: Any, view: Objects) -> None:
        """Twice is as once: what an attempt made that was broken off is there in the next."""
        for model in copied_models.standalone():
            for resource in wire.objects(view, model.kind):
                self._once(admin, model.kind.type, resource, functools.partial(self._create, admin, model, resource))
        security_groups.make(self._plugin, admin, view["security_groups"], view["address_groups"])
        for network in view["networks"]:
            subnets = [subnet for subnet in view["subnets"] if subnet["network_id"] == network["id"]]
            ports = [port for port in view["ports"] if port["network_id"] == network["id"]]
            self._make_network(admin, network, subnets, ports)

    def _make_network(self, admin: Any, network: Json, subnets: Sequence[Json], ports: Sequence[Json]) -> None:
        project_id = network["project_id"]

        def make_parts() -> None:
            for subnet in subnets:
                self._once(admin, "subnet", subnet, functools.partial(self._create_subnet, admin, subnet))
            for port in ports:
                create = functools.partial(self._create_port, admin, port, subnets, project_id)
                if self._once(admin, "port", port, create) is _Outcome.THERE:
                    self._extend_dhcp_port(admin, port)

        def make_all() -> None:
            if not self.existing(admin, "network", [network["id"]]):
                self._create_network(admin, network)
            rbac.follow(admin, "network", network)
            # By its maker alone: of a network that is whole, a job has told what is newer than this.
            known, version = network["remote_endpoints"], network.get("endpoints_version")
            self._endpoints.begin(admin, network["id"], known, version)
            make_parts()

        if self._once(admin, "network", network, make_all) is _Outcome.THERE:
            make_parts()

    def _once(self, admin: Any, resource_type: str, resource: Json, make: Callable[[], None]) -> "_Outcome":
        """Call ``make`` unless the copy is whole, or deleted; wait while another request makes it."""

        @tenacity.retry(
            retry=tenacity.retry_if_exception_type(_BeingMadeError),
            wait=tenacity.wait_fixed(0.05),
            stop=tenacity.stop_after_delay(LEASE),
            reraise=True,
        )
        def attempt() -> _Outcome:
            id_ = resource["id"]
            state = copies.states(admin, [id_]).get(id_)
            there = bool(self.existing(admin, resource_type, [id_]))
            if state is State.DELETED:
                LOG.info("%s %s is deleted: it is not made here", resource_type, id_)
                return _Outcome.DELETED
            if there and state in (None, State.WHOLE):  # without any state: it was here before Tricircle was
                return _Outcome.THERE
            if state is State.WHOLE:
                lost.clear(self._plugin, admin, resource_type, resource)
                copies.forget(admin, [id_])
            return self._claimed(admin, resource_type, resource, make)

        return attempt()

    def _claimed(self, admin: Any, resource_type: str, resource: Json, make: Callable[[], None]) -> "_Outcome":
        id_, claimant = resource["id"], uuidutils.generate_uuid()
        if not copies.claim(admin, id_, resource_type, claimant, LEASE):
            raise _BeingMadeError(id_)
        try:
            make()
            if copies.settle(admin, id_, claimant, resource.get("revision_number")):
                return _Outcome.MADE
        except Exception:  # whatever it was, the next request shall not have to wait for the lease
            self._abandon(admin, resource_type, id_, claimant)
            raise
        return self._abandon(admin, resource_type, id_, claimant)

    def _abandon(self, admin: Any, resource_type: str, id_: str, claimant: str) -> "_Outcome":
        """End a claim without a copy; take away what was deleted while it was made.

        Whoever deleted it may have looked before it was here, and waits for the end of the claim.
        """
        try:
            if copies.states(admin, [id_]).get(id_) is not State.DELETED:
                return _Outcome.THERE  # it took longer than the lease: another request goes on
            LOG.info("%s %s was deleted while it was made here: it goes again", resource_type, id_)
            self.remove(admin, resource_type, id_)
            return _Outcome.DELETED
        finally:
            copies.release(admin, id_, claimant)

    def remove(self, admin: Any, resource_type: str, id_: str) -> None:
        """Delete a copy of which central knows that it goes; does nothing where there is none.

        :raises NeutronException: it is in use, or is still here after some attempts.
        """
        # Asked first: Neutron calls a subnet that is not there one in use.
        for _ in range(_REMOVALS):
            if not self.existing(admin, resource_type, [id_]):
                return
            # What is not found may be a part of it, which another request removed at the same moment.
            with contextlib.suppress(n_exc.NotFound), call_info.on(admin, told=True):
                self._real.delete(admin, resource_type, id_)
        if self.existing(admin, resource_type, [id_]):
            raise exceptions.NotRemoved(resource=resource_type, id=id_)

    def wait_whole(self, context: Any, resource_id: str) -> None:
        """Return when no request is making the copy any more (or after ``LEASE`` seconds)."""
        waiting = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda states: states.get(resource_id) is State.MAKING),
            wait=tenacity.wait_fixed(0.05),
            stop=tenacity.stop_after_delay(LEASE),
            retry_error_callback=lambda _: None,
        )
        waiting(copies.states, context, [resource_id])

    def existing(self, admin: Any, resource_type: str, ids: Collection[str]) -> set[str]:
        """Those of ``ids`` that are in this region's database."""
        model = copied_models.get(resource_type).model
        with db_api.CONTEXT_READER.using(admin):
            return set(admin.session.scalars(sa.select(model.id).where(model.id.in_(ids)))) if ids else set()

    def _create(self, admin: Any, model: CopiedModel, resource: Json) -> None:
        """One of a kind that needs nothing but itself, by the plugin that serves it here."""
        if not self.existing(admin, model.kind.type, [resource["id"]]):
            self._real.create(admin, model, _only(resource, model.kind.created, model.plural))
        if model.rbac:
            rbac.follow(admin, model.kind.type, resource)

    def _create_network(self, admin: Any, network: Json) -> None:
        body = _only(network, copied_kinds.NETWORK.created, "networks") | {"shared": False}
        for field in ("provider:physical_network", "provider:segmentation_id"):
            if body.get(field) is None:
                body.pop(field, None)
        if body.get("provider:network_type") == "local":
            # The region chooses how it makes a local network.
            body.pop("provider:network_type")
        try:
            self._real.create_network(admin, dict(body))
        except n_exc.InvalidInput:
            if "mtu" not in body:
                raise
            # The region's own limit is lower than central's MTU: it gets what it can.
            body.pop("mtu")
            self._real.create_network(admin, body)

    def _create_subnet(self, admin: Any, subnet: Json) -> None:
        body = _only(subnet, copied_kinds.SUBNET.created, "subnets")
        for field in ("ipv6_ra_mode", "ipv6_address_mode"):
            if body.get(field) is None:
                body.pop(field, None)
        try:
            self._real.create_subnet(admin, body)
        except n_exc.InvalidInput:
            # Neutron tries again from the start what failed after its commit, and meets what it has made itself.
            if not self.existing(admin, "subnet", [subnet["id"]]):
                raise

    def _create_port(self, admin: Any, port: Json, subnets: Sequence[Json], project_id: str) -> None:
        if self.existing(admin, "port", [port["id"]]):
            self._wake_port(admin, port, subnets)
            return
        body = _only(port, copied_kinds.PORT.created, "ports")
        body["fixed_ips"] = fixed_ips_of_copy(port["fixed_ips"], subnets, port["device_owner"])
        if port["device_owner"] == constants.DEVICE_OWNER_DHCP:
            # Neutron's DHCP agent takes a port so marked for its own instead of asking for a new one.
            body["device_id"] = constants.DEVICE_ID_RESERVED_DHCP_PORT
            # At central it is nobody's; here it is, like any DHCP port, the network's owner's.
            body["project_id"] = body["tenant_id"] = project_id
            body.pop("security_groups", None)
        self._real.create_port(admin, body)

    def _wake_port(self, admin: Any, port: Json, subnets: Iterable[Json]) -> None:
        """A copy that was parked, or that a crash left half-made, becomes what central says."""
        observed = self._plugin.get_port(admin, port["id"])
        kind = copied_kinds.PORT
        changes = differences.difference(port, observed, (*kind.followed, *kind.regional))
        if "fixed_ips" in changes:
            changes["fixed_ips"] = fixed_ips_of_copy(port["fixed_ips"], subnets, port["device_owner"])
        if changes:
            with call_info.on(admin, told=True):
                self._real.update(admin, "port", port["id"], changes)

    def _extend_dhcp_port(self, admin: Any, port: Json) -> None:
        """A subnet came to a network that was here: its DHCP server gets the address that central reserved there."""
        if port["device_owner"] != constants.DEVICE_OWNER_DHCP:
            return
        here = self._plugin.get_port(admin, port["id"])
        if {fixed["subnet_id"] for fixed in here["fixed_ips"]} != {fixed["subnet_id"] for fixed in port["fixed_ips"]}:
            subnets = self._plugin.get_subnets(admin, filters={"network_id": [port["network_id"]]})
            fixed_ips = fixed_ips_of_copy(port["fixed_ips"], subnets)
            self._real.update(admin, "port", port["id"], {"fixed_ips": fixed_ips})


def unasking(context: Any) -> Any:
    """The caller's context with administrator's rights and without token.

    What the real plugin then looks up is not fetched.
    """
    admin = context.elevated()
    admin.auth_token = None
    return admin


def fixed_ips_of_copy(
    fixed_ips: Iterable[Json], subnets: Iterable[Mapping[str, Any]], device_owner: str = ""
) -> list[Json]:
    """Fixed IPs for a copy with the same MAC.

    Explicit, but for subnets with SLAAC, where Neutron itself derives the same address and takes no other; of a
    router's interface it does take another.
    """
    automatic = set()
    if device_owner not in constants.ROUTER_INTERFACE_OWNERS_SNAT:
        automatic = {subnet["id"] for subnet in subnets if ipv6_utils.is_auto_address_subnet(subnet)}
    return [
        {"subnet_id": fixed["subnet_id"]}
        if fixed["subnet_id"] in automatic
        else {"subnet_id": fixed["subnet_id"], "ip_address": fixed["ip_address"]}
        for fixed in fixed_ips
    ]


def _only(resource: Json, names: Iterable[str], collection: str) -> Json:
    """The attributes to copy, as far as this region's API knows them."""
    known = attributes.RESOURCES[collection]
    body = {name: resource[name] for name in names if name in resource and name in known}
    if "project_id" in resource:
        body["project_id"] = body["tenant_id"] = resource["project_id"]
    return body
