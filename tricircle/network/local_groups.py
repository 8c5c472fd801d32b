"""Copies of central's security groups and address groups in a region, rule for rule with central's ids."""

from collections.abc import Iterable
from typing import Any

import netaddr
from neutron.objects import address_group as ag_obj
from neutron.objects import securitygroup as sg_obj
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api
from neutron_lib.objects import exceptions as obj_exc
from neutron_lib.utils import net
from oslo_db import exception as db_exc

from tricircle.db.neutron import copies

Json = dict[str, Any]


def make(plugin: Any, context: Any, groups: Iterable[Json], address_groups: Iterable[Json]) -> None:
    """Make those of the groups that the region has not got. Two requests at once end in one group each.

    All groups come before the first rule: rules name groups, in circles even.
    """
    admin = context.elevated()
    for address_group in address_groups:
        _make_address_group(admin, address_group)
    made = [group for group in groups if _make_group(admin, group)]
    for group in made:
        _make_rules(admin, group)
    for group in made:
        # Agents learn of the group by this event, as of any other.
        registry.publish(
            resources.SECURITY_GROUP,
            events.AFTER_CREATE,
            plugin,
            payload=events.DBEventPayload(
                admin,
                resource_id=group["id"],
                metadata={"is_default": group["is_default"]},
                states=(plugin.get_security_group(admin, group["id"]),),
            ),
        )


def _make_address_group(admin: Any, group: Json) -> None:
    if ag_obj.AddressGroup.objects_exist(admin, id=group["id"]):
        return
    try:
        with db_api.CONTEXT_WRITER.using(admin):
            ag_obj.AddressGroup(
                admin,
                id=group["id"],
                name=group["name"],
                description=group.get("description") or "",
                project_id=group["project_id"],
            ).create()
            for address in group["addresses"]:
                network = netaddr.IPNetwork(address)
                ag_obj.AddressAssociation(admin, address_group_id=group["id"], address=network).create()
            copies.add(admin, group["id"], "address_group")
    except (obj_exc.NeutronDbObjectDuplicateEntry, db_exc.DBDuplicateEntry):
        return


def _make_group(admin: Any, group: Json) -> bool:
    if sg_obj.SecurityGroup.objects_exist(admin, id=group["id"]):
        return False
    try:
        with db_api.CONTEXT_WRITER.using(admin):
            sg_obj.SecurityGroup(
                admin,
                id=group["id"],
                name=group["name"],
                description=group["description"],
                project_id=group["project_id"],
                is_default=group["is_default"],
                stateful=group["stateful"],
            ).create()
            copies.add(admin, group["id"], "security_group")
    except (obj_exc.NeutronDbObjectDuplicateEntry, db_exc.DBDuplicateEntry):
        return False
    return True


def _make_rules(admin: Any, group: Json) -> None:
    with db_api.CONTEXT_WRITER.using(admin):
        for rule in group["security_group_rules"]:
            prefix = rule["remote_ip_prefix"]
            sg_obj.SecurityGroupRule(
                admin,
                security_group_id=group["id"],
                **{**rule, "remote_ip_prefix": net.AuthenticIPNetwork(prefix) if prefix else None},
            ).create()
