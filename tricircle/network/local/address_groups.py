"""Copies of address groups in a region: tenants' own, and those of members that live in other regions."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import netaddr
from neutron.db.models import address_group as ag_models
from neutron.objects import address_group as ag_obj
from neutron_lib.callbacks import events, resources
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies
from tricircle.network import neutron_internals
from tricircle.network.local import access, notices

Json = dict[str, Any]


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
    _set_addresses(admin, group)
    access.follow(admin, "address_group", group)
    copies.add(admin, group["id"], "address_group")
    return made


def tell(plugin: Any, admin: Any, made: Made) -> None:
    """Publish that a group has been made: as Neutron, which makes it first, and then gives it its addresses."""
    notices.tell(plugin, resources.ADDRESS_GROUP, events.AFTER_CREATE, admin, made.id, states=(made.empty,))
    if made.filled:
        _tell_change(plugin, admin, made.empty)


def _tell_change(plugin: Any, admin: Any, before: Json) -> None:
    after = plugin.get_address_group(admin, before["id"])
    notices.tell(plugin, resources.ADDRESS_GROUP, events.AFTER_UPDATE, admin, before["id"], states=(before, after))


def follow(plugin: Any, admin: Any, group: Json) -> None:
    """Bring one group to what central says, in one transaction and with one event, and so one message to agents."""
    before = _write(plugin, admin, group)
    if before is not None:
        _tell_change(plugin, admin, before)


@db_api.retry_if_session_inactive(context_var_name="admin")
def _write(plugin: Any, admin: Any, group: Json) -> Json | None:
    """The group as it was; None, if nothing changed."""
    with db_api.CONTEXT_WRITER.using(admin):
        here = ag_obj.AddressGroup.get_object(admin, id=group["id"])
        if here is None:
            return None
        before = neutron_internals.shown_address_group(plugin, here)
        wanted = {"name": group["name"], "description": group.get("description") or ""}
        renamed = any(getattr(here, name) != value for name, value in wanted.items())
        if renamed:
            here.update_fields(wanted)
            here.update()
        access.follow(admin, "address_group", group)
        return before if _set_addresses(admin, group) or renamed else None


def _set_addresses(admin: Any, group: Json) -> bool:
    """Whether anything changed. By the model, so that the group's revision number grows: agents go by it."""
    row = admin.session.get(ag_models.AddressGroup, group["id"])
    here = {association.address: association for association in row.addresses}
    wanted = {str(netaddr.IPNetwork(address)) for address in group["addresses"]}
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
