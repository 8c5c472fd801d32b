"""Ports of a region on networks that are central's: central gives identity and addresses, the region does the rest."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neutron.common import ipv6_utils
from neutron_lib import constants
from neutron_lib.api import attributes
from neutron_lib.api.definitions import port as port_def
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies, reports
from tricircle.db.neutron import ports as ports_db
from tricircle.domain import copied_kinds
from tricircle.domain.jsons import Json
from tricircle.network import exceptions
from tricircle.network.local import askers
from tricircle.network.local.central_client import Central
from tricircle.network.local.copies import Copies, fixed_ips_of_copy, unasking
from tricircle.network.local.reports import Reporter
from tricircle.plans import differences

LOG = logging.getLogger(__name__)

# What a region decides about a port, and reports; everything else is decided at central.
BINDING = frozenset(
    {"status", portbindings.HOST_ID, portbindings.PROFILE, portbindings.VIF_TYPE, portbindings.VIF_DETAILS}
)
# What services and administrators (Nova above all) decide in the region; for anybody else it is central's to allow.
OWNERS = frozenset({"device_id", "device_owner", portbindings.VNIC_TYPE})
# What comes back from central's answer into the region's own request.
IDENTITY = (
    "id",
    "mac_address",
    "fixed_ips",
    "security_groups",
    "port_security_enabled",
    "allowed_address_pairs",
    "name",
    "project_id",
)
# What Neutron shows of a port exactly as it was sent.
_SHOWN_AS_SENT = frozenset({"name", "description", "admin_state_up", "port_security_enabled", "device_id"})
# Neutron's names for what is done to ports.
CREATE = "create_port"
UPDATE = "update_port"
AGENTS_OWNERS = (constants.DEVICE_OWNER_DHCP,)


class RegionalPorts:
    """Asks central before the region's own plugin acts, and takes back at central what the region then could not do."""

    def __init__(self, plugin: Any, central: Central, known: Copies, reporter: Reporter) -> None:
        """``plugin`` is the region's core plugin."""
        self._plugin = plugin
        self._central = central
        self._copies = known
        self._reporter = reporter

    def is_central(self, context: Any, port: Json) -> bool:
        """Whether the port's network is central's."""
        return copies.is_copy(context, port["network_id"])

    def adopt_reserved(self, context: Any, body: Json) -> str | None:
        """Give a DHCP server the port that central has reserved for one of this region.

        Answers its id, None if none is left.

        Neutron's DHCP agent looks for such a port itself, but may come before it is made: it is told of the subnet,
        which comes first.
        """
        self._copies.wait_whole(context, body["network_id"])
        return ports_db.take_reserved(context, body["network_id"], body["device_id"])

    def identify(self, context: Any, ports: Sequence[Json]) -> tuple[list[Json], dict[str, int | None]]:
        """Have the ports created at central, in one request.

        Answers the bodies with which to create the same ports here, and central's revision numbers by id.

        The caller's token goes along, so central applies its own policies and quotas. Agents have no token: for them,
        and for what Neutron does by itself, the region asks in its own name.
        """
        admin, as_region = unasking(context), askers.is_by_itself(context, CREATE)
        asked = [self._asked(admin, port) for port in ports]
        created = self._central.create_ports(context, asked, as_region=as_region)
        self._refuse_known(context, created)
        try:
            # What central has given to the port is brought in the region's name: it need not be the caller's to see.
            self._bring_groups(admin, created)
            bodies = [self._identified(admin, *pair) for pair in zip(ports, created, strict=True)]
            return bodies, {port["id"]: port.get("revision_number") for port in created}
        except Exception:
            # The region has nothing yet; central shall not keep what nobody uses.
            self.take_back(context, [port["id"] for port in created])
            raise

    def _refuse_known(self, context: Any, created: Sequence[Json]) -> None:
        """An answer with ports that this region has is one to another request: they must not be taken back.

        :raises CentralUnavailable: it is.
        :raises DeletedAtCentral: a port is deleted already.
        """
        ids = [port["id"] for port in created]
        states = copies.states(context, ids)
        known = self._copies.existing(context, "port", ids)
        if known:
            LOG.error("Central Neutron has answered a request for new ports with old ones: %s", ", ".join(known))
            raise exceptions.CentralUnavailable(what="addresses")
        for id_ in states:
            raise exceptions.DeletedAtCentral(resource="Port", id=id_)

    def _asked(self, admin: Any, port: Json) -> Json:
        known = attributes.RESOURCES[port_def.COLLECTION_NAME]
        asked = {
            name: value
            for name, value in port.items()
            if name not in BINDING
            and name not in ("id", "tenant_id")
            # What the region's API has filled in, central's fills in as well, and need not know all that this one does.
            and value not in ("", None, constants.ATTR_NOT_SPECIFIED, known.get(name, {}).get("default"))
        }
        if asked.get("device_owner") == constants.DEVICE_OWNER_DHCP:
            subnets = [fixed["subnet_id"] for fixed in asked.get("fixed_ips", ()) if "subnet_id" in fixed]
            asked.setdefault("name", f"dhcp_port_{self._central.region_name}_{(subnets or [port['network_id']])[0]}")
        if "project_id" not in asked:
            # Neutron's own (a router's gateway, say) is nobody's. At central somebody's quota has to allow it.
            asked["project_id"] = self._plugin.get_network(admin, port["network_id"])["project_id"]
        return asked

    def _identified(self, context: Any, port: Json, created: Json) -> Json:
        body = dict(port)
        body.update({name: created[name] for name in IDENTITY if name in created})
        if not port.get("project_id"):
            body["project_id"] = ""
        body["tenant_id"] = body["project_id"]
        body["fixed_ips"] = self._fixed_ips(context, created)
        if created["device_owner"] in AGENTS_OWNERS:
            body["security_groups"] = constants.ATTR_NOT_SPECIFIED
        return body

    def _fixed_ips(self, context: Any, port: Json) -> list[Json]:
        """Of central's ``port``, for the copy here."""
        there = ports_db.address_modes(context, port["network_id"])
        lacking = {fixed["subnet_id"] for fixed in port["fixed_ips"]} - {subnet["id"] for subnet in there}
        if lacking:
            # A subnet younger than this region's copy of the network.
            self._copies.bring(context, subnet_ids=sorted(lacking))
            there = ports_db.address_modes(context, port["network_id"])
        return fixed_ips_of_copy(port["fixed_ips"], there, port["device_owner"])

    def _bring_groups(self, context: Any, ports: Iterable[Json]) -> None:
        wanted = sorted({group_id for port in ports for group_id in port.get("security_groups") or ()})
        missing = self._copies.missing(context, "security_group", wanted) if wanted else []
        if missing:
            self._copies.bring(context, security_group_ids=missing)

    def take_back(self, context: Any, port_ids: Iterable[str]) -> None:
        """Have ports deleted at central that could not be created here.

        Durable: it happens though central be gone by now.
        """
        ids = list(port_ids)
        copies.set_tombstones(context, dict.fromkeys(ids, "port"))
        with db_api.CONTEXT_WRITER.using(context):
            for port_id in ids:
                reports.record(context, port_id, deleted=True)
        self._reporter.wake()

    def is_regional(self, context: Any, changes: Mapping[str, Any]) -> bool:
        """Whether such a change of any port is the region's to make, so that nobody has to be asked."""
        return changes.keys() <= _regional(context)

    def change(self, context: Any, before: Json, changes: Mapping[str, Any]) -> tuple[Json, int | None]:
        """Have central make the part of ``changes`` that is its.

        Answers the changes to make here, and central's revision of the port with them; None if it was not asked.

        The answer is the port as of its revision: what else has changed there, and is still on its way here, comes
        with it. What central has accepted and this region then cannot do comes again as a job: central tells every
        region that has the port of the change.
        """
        regional = _regional(context)
        central_changes = {
            name: value
            for name, value in changes.items()
            if name not in regional and name in before and not _same(name, value, before[name])
        }
        if not central_changes:
            return dict(changes), None
        as_region = askers.is_by_itself(context, UPDATE)
        changed = self._central.update_port(context, before["id"], central_changes, as_region=as_region)
        if any(name in changed and not _taken(name, value, changed[name]) for name, value in central_changes.items()):
            LOG.error("Central Neutron has answered a change of port %s with something older", before["id"])
            raise exceptions.CentralUnavailable(what="changes of ports")
        fields = followed(before)
        result = {
            name: changed.get(name, value) if name in central_changes else value
            for name, value in changes.items()
            if name not in fields
        }
        result.update(differences.difference(changed, before, fields))
        self.adapt(unasking(context), changed, result)
        return result, changed.get("revision_number")

    def adapt(self, context: Any, port: Json, changes: Json) -> None:
        """Make ``changes`` of a port, as central says them, changes that this region can make: in place.

        What the port needs and is not here is fetched.
        """
        self._bring_groups(context, [changes])
        if "fixed_ips" in changes:
            wanted = changes["fixed_ips"]
            changes["fixed_ips"] = self._fixed_ips(context, {**port, "fixed_ips": wanted})
            # Neutron would add an address of each such subnet again.
            changes["fixed_ips"] += [
                {"subnet_id": subnet["id"], "delete_subnet": True}
                for subnet in ports_db.address_modes(context, port["network_id"])
                if ipv6_utils.is_auto_address_subnet(subnet)
                and subnet["id"] not in {fixed["subnet_id"] for fixed in wanted}
            ]


def followed(port: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a region's port is always central's to say."""
    dhcp = port["device_owner"] == constants.DEVICE_OWNER_DHCP
    return differences.DHCP_PORT if dhcp else copied_kinds.PORT.followed


def only_regional(changes: Mapping[str, Any]) -> Json:
    """The part of a port's changes that a region decides."""
    return {name: value for name, value in changes.items() if name in BINDING | OWNERS}


def _regional(context: Any) -> frozenset[str]:
    """The fields of ports that are the region's to decide, when the caller sets them."""
    return BINDING | OWNERS if trusted(context) else BINDING


def trusted(context: Any) -> bool:
    """Whether the caller is a service, an administrator, an agent or Neutron itself, and not a project's user."""
    return bool(context.is_service_role or context.is_admin or askers.is_by_itself(context, UPDATE))


def _taken(name: str, value: Any, answered: Any) -> bool:
    """Whether central's answer shows what was asked for, as far as it must be shown as it was sent."""
    if name in _SHOWN_AS_SENT:
        return bool((value or "") == (answered or ""))
    return set(value or ()) == set(answered or ()) if name == "security_groups" else True


def _same(name: str, value: Any, before: Any) -> bool:
    if name == "fixed_ips":
        return _asks_nothing_new(value or [], before)
    if name == "security_groups":
        return set(value or ()) == set(before or ())
    return bool(value == before)


def _asks_nothing_new(wanted: Sequence[Json], fixed_ips: Sequence[Json]) -> bool:
    """Whether the port has these addresses: an agent names the subnet alone, and takes the address it has."""
    if len(wanted) != len(fixed_ips):
        return False
    return all(any(want.items() <= fixed.items() for fixed in fixed_ips) for want in wanted)
