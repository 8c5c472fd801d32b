"""Copies of address groups in a region: tenants' own, and those of members that live in other regions."""

from collections.abc import Iterable, Sequence
from typing import Any

import netaddr
from neutron.db.models import address_group as ag_models
from neutron.objects import address_group as ag_obj
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies
from tricircle.network.local import access

Json = dict[str, Any]


def make_missing(admin: Any, address_groups: Iterable[Json]) -> None:
    """Make those of the groups that the region has not got, inside the caller's transaction."""
    for group in sorted(address_groups, key=lambda group: str(group["id"])):
        if not ag_obj.AddressGroup.objects_exist(admin, id=group["id"]):
            _make(admin, group)


def _make(admin: Any, group: Json) -> None:
    ag_obj.AddressGroup(
        admin,
        id=group["id"],
        name=group["name"],
        description=group.get("description") or "",
        project_id=group["project_id"],
    ).create()
    _set_addresses(admin, group)
    access.follow(admin, "address_group", group)
    copies.add(admin, group["id"], "address_group")


def follow(plugin: Any, admin: Any, group: Json) -> None:
    """Bring one group to what central says, in one transaction and with one message to the agents."""
    if _write(admin, group):
        registry.publish(
            resources.ADDRESS_GROUP,
            events.AFTER_UPDATE,
            plugin,
            payload=events.DBEventPayload(admin, resource_id=group["id"], states=({}, group)),
        )


@db_api.retry_if_session_inactive(context_var_name="admin")
def _write(admin: Any, group: Json) -> bool:
    """Whether anything changed."""
    with db_api.CONTEXT_WRITER.using(admin):
        here = ag_obj.AddressGroup.get_object(admin, id=group["id"])
        if here is None:
            return False
        wanted = {"name": group["name"], "description": group.get("description") or ""}
        renamed = any(getattr(here, name) != value for name, value in wanted.items())
        if renamed:
            here.update_fields(wanted)
            here.update()
        access.follow(admin, "address_group", group)
        return _set_addresses(admin, group) or renamed


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
