"""Copies of address groups in a region: tenants' own, and those of members that live in other regions."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

import netaddr
import sqlalchemy as sa
from neutron.db.models import address_group as ag_models
from neutron.objects import address_group as ag_obj
from neutron_lib.callbacks import events, resources
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies, versions
from tricircle.domain.jsons import Json
from tricircle.domain.versions import NONE, Part
from tricircle.network import neutron_internals
from tricircle.network.local import notices, rbac
from tricircle.plans import memberships
from tricircle.plans import versions as plans


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """A group that has just been made: as it was without addresses, and whether it has some now."""

    empty: Json
    filled: bool

    @property
    def id(self) -> str:
        return str(self.empty["id"])


def absent(admin: Any, ids: Collection[str]) -> set[str]:
    """Those of the groups that the region has not got; one query."""
    here = ag_obj.AddressGroup.get_values(admin, "id", id=list(ids)) if ids else ()
    return set(ids) - set(here)


def make(plugin: Any, admin: Any, group: Json) -> Made:
    """Make a group that the region has not got, inside the caller's transaction; who has committed, calls ``tell``."""
    row = ag_obj.AddressGroup(
        admin,
        id=group["id"],
        name=group["name"],
        description=group.get("description") or "",
        project_id=group["project_id"],
    )
    row.create()
    made = Made(neutron_internals.shown_address_group(plugin, row), bool(group["addresses"]))
    _set_addresses(admin, group["id"], group["addresses"])
    rbac.follow(admin, "address_group", group)
    copies.add(admin, group["id"], "address_group")
    if "version" in group:
        versions.put(admin, group["id"], group["version"])
    return made


def tell(plugin: Any, admin: Any, made: Made) -> None:
    """Publish that a group has been made: as Neutron, which makes it first, and then gives it its addresses."""
    notices.tell(plugin, resources.ADDRESS_GROUP, events.AFTER_CREATE, admin, made.id, states=(made.empty,))
    if made.filled:
        _tell_change(plugin, admin, made.empty)


def _tell_change(plugin: Any, admin: Any, before: Json) -> None:
    after = plugin.get_address_group(admin, before["id"])
    notices.tell(plugin, resources.ADDRESS_GROUP, events.AFTER_UPDATE, admin, before["id"], states=(before, after))


def others(admin: Any, address_groups: Iterable[Json], followed: Collection[str]) -> dict[str, str]:
    """By id, the versions that this region has of groups that came against another one.

    Of those that are here, the ``followed`` ones matter alone.
    """
    parts = {group["id"]: group for group in address_groups if "base" in group}
    own = versions.own(admin, parts)
    with db_api.CONTEXT_READER.using(admin):
        query = sa.select(ag_models.AddressGroup.id).where(ag_models.AddressGroup.id.in_(parts))
        here = set(admin.session.scalars(query)) if parts else set()
    has = {id_: own.get(id_, NONE) if id_ in here else NONE for id_ in parts}
    concerned = {id_ for id_ in parts if id_ in followed or id_ not in here}
    return {id_: has[id_] for id_ in sorted(concerned) if not plans.fits(has[id_], cast(Part, parts[id_]))}


def follow(plugin: Any, admin: Any, group: Json) -> dict[str, str]:
    """Bring one group to what central says, in one transaction and with one event, and so one message to agents.

    Answers the version that the region has, by the group's id, if what came is against another: then nothing is done.
    """
    taken, before = _write(plugin, admin, group)
    if not taken:
        return {group["id"]: versions.own(admin, [group["id"]]).get(group["id"], NONE)}
    if before is not None:
        _tell_change(plugin, admin, before)
    return {}


@db_api.retry_if_session_inactive(context_var_name="admin")
def _write(plugin: Any, admin: Any, group: Json) -> tuple[bool, Json | None]:
    """Whether it is not against another version; and the group as it was, None if nothing changed."""
    with db_api.CONTEXT_WRITER.using(admin):
        if "base" in group and not versions.advance(admin, group["id"], cast(Part, group)):
            return False, None
        if "version" in group and "base" not in group:
            versions.put(admin, group["id"], group["version"])
        here = ag_obj.AddressGroup.get_object(admin, id=group["id"])
        if here is None:
            return True, None
        addresses = _wanted(admin, group)
        if addresses is None:
            return False, None
        before = neutron_internals.shown_address_group(plugin, here)
        wanted = {"name": group["name"], "description": group.get("description") or ""}
        renamed = any(getattr(here, name) != value for name, value in wanted.items())
        if renamed:
            here.update_fields(wanted)
            here.update()
        rbac.follow(admin, "address_group", group)
        return True, before if _set_addresses(admin, group["id"], addresses) or renamed else None


def _wanted(admin: Any, group: Json) -> Iterable[str] | None:
    """All addresses that the group is to have; None if what came lacks something: then the region has a version of its
    own.
    """
    if "names" not in group:
        return cast(Iterable[str], group["addresses"])
    part, association = cast(Part, group), ag_models.AddressAssociation
    query = sa.select(association.address).where(association.address_group_id == group["id"])
    # In whatever form Neutron has written them.
    known = [memberships.network(address) for address in admin.session.scalars(query)]
    wanted = plans.applied(known, part, group["addresses"], str)
    if plans.is_off(part, memberships.digest(wanted)):
        versions.put(admin, group["id"], None)
        return None
    return wanted


def _set_addresses(admin: Any, id_: str, addresses: Iterable[str]) -> bool:
    """Whether anything changed. By the model, so that the group's revision number grows: agents go by it."""
    row = admin.session.get(ag_models.AddressGroup, id_)
    here = {association.address: association for association in row.addresses}
    wanted = {str(netaddr.IPNetwork(address)) for address in addresses}
    if wanted == here.keys():
        return False
    added = [ag_models.AddressAssociation(address_group_id=row.id, address=address) for address in wanted - here.keys()]
    row.addresses = [here[address] for address in wanted & here.keys()] + added
    admin.session.flush()
    return True


def delete(plugin: Any, admin: Any, ids: Sequence[str]) -> None:
    """Delete those of the groups that are here."""
    for group in plugin.get_address_groups(admin, filters={"id": list(ids)}) if ids else ():
        plugin.delete_address_group(admin, group["id"])
