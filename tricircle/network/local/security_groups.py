"""Copies of central's security groups and address groups in a region, rule for rule with central's ids."""

import dataclasses
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import tenacity
from neutron.extensions.securitygroup import SecurityGroupConflict
from neutron.objects import securitygroup as sg_obj
from neutron_lib import exceptions as n_exc
from neutron_lib.callbacks import events, resources
from neutron_lib.db import api as db_api
from neutron_lib.objects import exceptions as obj_exc
from neutron_lib.utils import net
from oslo_db import exception as db_exc

from tricircle.db.neutron import copies
from tricircle.domain.jobs import NO_PROJECT
from tricircle.domain.jsons import Json
from tricircle.network.local import address_groups as address_group_copies
from tricircle.network.local import notices, rbac
from tricircle.plans import group_members

LOG = logging.getLogger(__name__)

# What of a copy follows central, beside its rules.
FIELDS = ("name", "description", "stateful")


def make(plugin: Any, context: Any, groups: Iterable[Json], address_groups: Iterable[Json]) -> set[str]:
    """Make those of the groups that the region has not got, and that are not deleted; answers their ids.

    Two requests at once end in one group each.
    """
    admin = context.elevated()
    made = _make_all(plugin, admin, groups, list(address_groups))
    for address_group in made.address_groups:
        address_group_copies.tell(plugin, admin, address_group)
    for group in made.groups:
        _tell(plugin, admin, events.AFTER_CREATE, group)
    ids = {group.id for group in made.groups}
    if ids or made.address_groups:
        plugin.backend.groups_made(admin, ids, {group.id for group in made.address_groups})
    return ids


def follow(plugin: Any, context: Any, project_id: str, desired: Json) -> dict[str, str]:
    """Bring copies to what ``desired`` says (``security_groups``, ``address_groups``, ``deleted_ids``).

    Past the refusals for tenants. Of other projects' groups, which the project's rules lead to, only those that are
    missing are made: what is here follows by the job of its own project, which may be further.

    Answers the versions that the region has, by id, of address groups that came against another one. Then nothing may
    have been done, and all is to come again.
    """
    admin = context.elevated()
    own = [group for group in desired["security_groups"] if (group["project_id"] or NO_PROJECT) == project_id]
    named = {rule["remote_address_group_id"] for group in own for rule in group["security_group_rules"]}
    others = address_group_copies.others(admin, desired["address_groups"], named)
    if others:
        return others
    deleted = _centrals(plugin, admin, desired["deleted_ids"])
    copies.set_tombstones(admin, dict.fromkeys(deleted, "security_group"))
    made = make(plugin, admin, desired["security_groups"], desired["address_groups"])
    # Looked at after the making: what another request made meanwhile may be older than this.
    here = {group["id"]: group for group in _groups_here(plugin, admin, [group["id"] for group in own])}
    for address_group in desired["address_groups"]:
        if address_group["id"] in named or address_group["project_id"] == project_id:
            others |= address_group_copies.follow(plugin, admin, address_group)
    failures = _failures(plugin, admin, [group for group in own if group["id"] in here.keys() - made], here)
    for group in _groups_here(plugin, admin, deleted):
        plugin.delete_security_group(admin, group["id"])
    of_members = [group_members.address_group_id(id_, project_id) for id_ in deleted]
    address_group_copies.delete(plugin, admin, [*deleted, *of_members])
    # What may pass comes first: as long as there is such, all is tried again.
    for error in sorted(failures, key=lambda error: isinstance(error, n_exc.BadRequest)):
        raise error
    return others


def _failures(plugin: Any, admin: Any, groups: Iterable[Json], here: Mapping[str, Json]) -> list[Any]:
    """Follow groups; answers the errors of those that could not be, which keep back no other."""
    failures: list[Any] = []
    for group in groups:
        try:
            _follow_group(plugin, admin, group, here[group["id"]])
        except n_exc.NeutronException as error:
            LOG.warning("Security group %s cannot be brought to what central says: %s", group["id"], error)
            failures.append(error)
    return failures


def _centrals(plugin: Any, admin: Any, ids: Sequence[str]) -> list[str]:
    """Those of the groups and address groups that are not the region's own: those are not central's to delete."""
    known = copies.states(admin, ids)
    filters = {"id": [id_ for id_ in ids if id_ not in known]}
    here = _groups_here(plugin, admin, filters["id"])
    here += plugin.get_address_groups(admin, filters=filters) if filters["id"] else []
    own = {group["id"] for group in here}
    if own:
        LOG.warning("Groups %s are this region's own, and not central's to delete: they stay", sorted(own))
    return [id_ for id_ in ids if id_ not in own]


def _groups_here(plugin: Any, admin: Any, ids: Sequence[str]) -> list[Json]:
    return plugin.get_security_groups(admin, filters={"id": list(ids)}, default_sg=True) if ids else []


def _follow_group(plugin: Any, admin: Any, group: Json, here: Json) -> None:
    changes = {name: group[name] for name in FIELDS if group[name] != here[name]}
    if changes:
        plugin.update_security_group(admin, group["id"], {"security_group": changes})
    wanted = {rule["id"]: rule for rule in group["security_group_rules"]}
    known = {rule["id"] for rule in here["security_group_rules"]}
    # Stale rules go first: Neutron refuses a rule that is there under another id.
    for rule_id in known - wanted.keys():
        plugin.delete_security_group_rule(admin, rule_id)
    for rule_id in wanted.keys() - known:
        rule = {**wanted[rule_id], "security_group_id": group["id"]}
        plugin.create_security_group_rule(admin, {"security_group_rule": rule})
    with db_api.CONTEXT_WRITER.using(admin):
        rbac.follow(admin, "security_group", group)
        if "revision_number" in group:
            copies.advance(admin, group["id"], group["revision_number"])


@dataclasses.dataclass(frozen=True, slots=True)
class _Made:
    """A group that has just been made, as the plugin shows it, rules included: Neutron's event of a group has them."""

    shown: Json
    is_default: bool

    @property
    def id(self) -> str:
        return str(self.shown["id"])


@dataclasses.dataclass(frozen=True, slots=True)
class _AllMade:
    groups: Sequence[_Made] = ()
    address_groups: Sequence[address_group_copies.Made] = ()


def _tell(plugin: Any, admin: Any, event: str, made: _Made) -> None:
    metadata = {"is_default": made.is_default}
    notices.tell(plugin, resources.SECURITY_GROUP, event, admin, made.id, metadata=metadata, states=(made.shown,))


@db_api.retry_if_session_inactive(context_var_name="admin")
def _make_all(plugin: Any, admin: Any, groups: Iterable[Json], address_groups: Iterable[Json]) -> _AllMade:
    """Those of the groups that this call made."""
    # Who was second finds what the first has committed: at once, without the database's back-off.
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((obj_exc.NeutronDbObjectDuplicateEntry, db_exc.DBDuplicateEntry)),
        stop=tenacity.stop_after_attempt(5),
        reraise=True,
    )
    # In the order of ids: two requests wait for each other instead of deadlocking.
    made: _AllMade = attempts(_make_missing, plugin, admin, _by_id(groups), _by_id(address_groups))
    return made


def _by_id(groups: Iterable[Json]) -> list[Json]:
    return sorted(groups, key=lambda group: str(group["id"]))


@dataclasses.dataclass(frozen=True, slots=True)
class _Missing:
    """What is to be made, and the ids of what must not be named: it is deleted.

    ``lost``: copies that are said to be here, and are gone past Neutron. They come again.
    """

    groups: Sequence[Json]
    address_groups: Sequence[Json]
    deleted: Collection[str]
    lost: Collection[str]

    def __bool__(self) -> bool:
        return bool(self.groups or self.address_groups)


def _missing(
    admin: Any, groups: Sequence[Json], address_groups: Sequence[Json], among: Collection[str] | None = None
) -> _Missing:
    """What of the groups the region has not got; ``among``: of which security groups. Three queries, however many."""
    ids = [group["id"] for group in groups]
    states = copies.states(admin, [*ids, *(group["id"] for group in address_groups)])
    deleted = {id_ for id_, state in states.items() if state is copies.State.DELETED}
    absent = set(ids) - set(sg_obj.SecurityGroup.get_values(admin, "id", id=ids)) if ids else set()
    absent |= address_group_copies.absent(admin, [group["id"] for group in address_groups])
    absent -= deleted
    return _Missing(
        [group for group in groups if group["id"] in absent and (among is None or group["id"] in among)],
        [group for group in address_groups if group["id"] in absent],
        deleted,
        absent & states.keys(),
    )


def _make_missing(plugin: Any, admin: Any, groups: Sequence[Json], address_groups: Sequence[Json]) -> _AllMade:
    """All and their rules in one transaction: whoever sees a group sees its rules."""
    missing = _missing(admin, groups, address_groups)
    if not missing:
        return _AllMade()
    asked = [group["id"] for group in missing.groups]
    for group in missing.groups:
        _ask(plugin, admin, group)
    with db_api.CONTEXT_WRITER.using(admin):
        # Another request may have been faster, and a deletion, too.
        missing = _missing(admin, groups, address_groups, asked)
        copies.forget(admin, missing.lost)
        made_address_groups = [address_group_copies.make(plugin, admin, group) for group in missing.address_groups]
        is_default = {group["id"]: _make_group(admin, group) for group in missing.groups}
        # All groups come before the first rule: rules name groups, in circles even.
        for group in missing.groups:
            _make_rules(admin, _rules(group, missing.deleted), group["id"])
        admin.session.expire_all()  # the rules are not among what has been read of their groups
        made = [_Made(plugin.get_security_group(admin, id_), default) for id_, default in is_default.items()]
        for one in made:
            _tell(plugin, admin, events.PRECOMMIT_CREATE, one)
    return _AllMade(made, made_address_groups)


def _ask(plugin: Any, admin: Any, group: Json) -> None:
    """As Neutron: whoever listens may refuse a group before it is made.

    :raises SecurityGroupConflict: somebody does.
    """
    notices.ask(
        plugin,
        resources.SECURITY_GROUP,
        events.BEFORE_CREATE,
        admin,
        refusal=SecurityGroupConflict,
        metadata={"is_default": group["is_default"]},
        request_body={"security_group": group},
        desired_state=group,
    )


def _rules(group: Json, deleted: Collection[str]) -> list[Json]:
    """Those that name no group that is deleted meanwhile."""
    named = ("remote_group_id", "remote_address_group_id")
    return [rule for rule in group["security_group_rules"] if not any(rule.get(name) in deleted for name in named)]


def _make_group(admin: Any, group: Json) -> bool:
    """Whether it is the project's default group here."""
    has_default = sg_obj.DefaultSecurityGroup.objects_exist(admin, project_id=group["project_id"])
    # A project that was here before Tricircle keeps its default group, and gets central's beside it.
    is_default = bool(group["is_default"] and not has_default)
    sg_obj.SecurityGroup(
        admin,
        id=group["id"],
        name=group["name"],
        description=group["description"],
        project_id=group["project_id"],
        is_default=is_default,
        stateful=group["stateful"],
    ).create()
    rbac.follow(admin, "security_group", group)
    copies.add(admin, group["id"], "security_group", group.get("revision_number"))
    return is_default


def _make_rules(admin: Any, rules: Iterable[Json], group_id: str) -> None:
    for rule in rules:
        prefix = rule["remote_ip_prefix"]
        sg_obj.SecurityGroupRule(
            admin,
            security_group_id=group_id,
            **{**rule, "remote_ip_prefix": net.AuthenticIPNetwork(prefix) if prefix else None},
        ).create()
