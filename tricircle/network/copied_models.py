"""What Neutron's code has of each kind that regions have copies of: beside ``tricircle.domain.copied_kinds``."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from neutron.db import models_v2
from neutron.db.models import address_group as ag_models
from neutron.db.models import l3 as l3_models
from neutron.db.models import securitygroup as sg_models
from neutron.objects.address_group import AddressGroupRBAC
from neutron.objects.network import NetworkRBAC
from neutron.objects.securitygroup import SecurityGroupRBAC
from neutron_lib.plugins import constants, directory

from tricircle.db.neutron import uses
from tricircle.domain import copied_kinds
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jsons import Json

# What a call of a plugin's method is about: ids, found by (plugin, context, arguments after the context).
Target = Callable[[Any, Any, Sequence[Any]], Sequence[str]]


def itself(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    """The object whose id comes first."""
    return [arguments[0]]


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """A method of a plugin that changes an object of a kind, or a part of it.

    ``action`` says in a message what somebody has tried. ``removes``: what goes with the call, if it deletes.
    """

    method: str
    action: str
    target: Target = itself
    removes: Target | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """Rows that a quota counts: Neutron's name of the resource, and the column with the id of the copy that such a row
    is, or is a part of.
    """

    resource: str
    model: Any
    column: str = "id"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CopiedModel:
    """``name`` and ``collection`` are those of the API of the plugin of type ``service`` (a policy of QoS is a
    ``policy`` there); by default the kind's own. ``rbac``: the object class of the entries that say who may use it.
    ``writes``: every method that changes an object.
    """

    kind: CopiedKind
    model: Any
    writes: tuple[Write, ...]
    rbac: Any = None
    counted: tuple[Counted, ...] = ()
    service: str = constants.CORE
    name: str = ""
    collection: str = ""

    @property
    def singular(self) -> str:
        """Of one object, in the plugin's API."""
        return self.name or self.kind.type

    @property
    def plural(self) -> str:
        """Of several."""
        return self.collection or self.kind.plural

    def plugin(self) -> Any:
        """The plugin of this process that serves the kind; None if none does."""
        return directory.get_plugin(self.service)

    def read(self, plugin: Any, context: Any, ids: Sequence[str]) -> list[Json]:
        """Those of the objects that ``context`` may see, as Neutron shows them; with one query for all."""
        list_ = getattr(plugin, f"get_{self.plural}")
        found: list[Json] = list_(context, filters={"id": list(ids)}) if ids else []
        return found


def writes_of(name: str, *more: Write) -> tuple[Write, ...]:
    """Update and deletion of an object called ``name``, and what else changes one."""
    return (
        Write(f"update_{name}", "update"),
        Write(f"delete_{name}", "delete", removes=itself),
        *more,
    )


def _network_with_subnets(plugin: Any, context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    network_id = arguments[0]
    subnets = plugin.get_subnets(context.elevated(), filters={"network_id": [network_id]}, fields=["id"])
    return [network_id, *(subnet["id"] for subnet in subnets)]


def _network_of_subnet(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return [arguments[0]["subnet"]["network_id"]]


def _networks_of_subnets(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return sorted({item["subnet"]["network_id"] for item in arguments[0]["subnets"]})


def _onboarded_network(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return [arguments[1]["network_id"]]


def _group_of_rule(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return [arguments[0]["security_group_rule"]["security_group_id"]]


def _groups_of_rules(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    rules = arguments[0]["security_group_rules"]
    return sorted({item["security_group_rule"]["security_group_id"] for item in rules})


def _group_with_rule(_plugin: Any, context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    group_id = uses.group_of_rule(context, arguments[0])
    return [group_id] if group_id else []


_MODELS: dict[str, CopiedModel] = {
    model.kind.type: model
    for model in (
        CopiedModel(
            kind=copied_kinds.NETWORK,
            model=models_v2.Network,
            rbac=NetworkRBAC,
            counted=(Counted("network", models_v2.Network),),
            writes=(
                Write("update_network", "update"),
                Write("delete_network", "delete", removes=_network_with_subnets),
                Write("create_subnet", "add a subnet to", _network_of_subnet),
                Write("create_subnet_bulk", "add subnets to", _networks_of_subnets),
                Write("onboard_network_subnets", "onboard the subnets of", _onboarded_network),
            ),
        ),
        CopiedModel(
            kind=copied_kinds.SUBNET,
            model=models_v2.Subnet,
            counted=(Counted("subnet", models_v2.Subnet, "network_id"),),
            writes=writes_of("subnet"),
        ),
        # Who changes a port in a region changes it at central first: see ``local.writes``.
        CopiedModel(
            kind=copied_kinds.PORT,
            model=models_v2.Port,
            counted=(Counted("port", models_v2.Port, "network_id"),),
            writes=(),
        ),
        CopiedModel(
            kind=copied_kinds.SECURITY_GROUP,
            model=sg_models.SecurityGroup,
            rbac=SecurityGroupRBAC,
            counted=(
                Counted("security_group", sg_models.SecurityGroup),
                Counted("security_group_rule", sg_models.SecurityGroupRule, "security_group_id"),
            ),
            writes=writes_of(
                "security_group",
                Write("create_security_group_rule", "add a rule to", _group_of_rule),
                Write("create_security_group_rule_bulk", "add rules to", _groups_of_rules),
                Write("delete_security_group_rule", "delete a rule of", _group_with_rule),
            ),
        ),
        CopiedModel(
            kind=copied_kinds.ADDRESS_GROUP,
            model=ag_models.AddressGroup,
            rbac=AddressGroupRBAC,
            writes=writes_of(
                "address_group",
                Write("add_addresses", "add addresses to"),
                Write("remove_addresses", "remove addresses from"),
            ),
        ),
        # A region's part of a router is told from others by its own guard: see ``local_l3_plugin``.
        CopiedModel(kind=copied_kinds.ROUTER, model=l3_models.Router, service=constants.L3, writes=()),
    )
}


def get(type_: str) -> CopiedModel:
    """What Neutron has of a kind. Raises KeyError: no such kind is declared."""
    return _MODELS[type_]


def all_models() -> tuple[CopiedModel, ...]:
    """Those of every declared kind, in the order of the kinds."""
    return tuple(_MODELS[kind.type] for kind in copied_kinds.all_kinds())


def in_views() -> tuple[CopiedModel, ...]:
    """Those whose copies have central's ids, and are made out of views."""
    return tuple(model for model in all_models() if model.kind.in_views)


def standalone() -> tuple[CopiedModel, ...]:
    """Those that need nothing but themselves."""
    return tuple(_MODELS[kind.type] for kind in copied_kinds.standalone())


@contextlib.contextmanager
def declared(model: CopiedModel) -> Iterator[CopiedModel]:
    """Have one more kind inside; plugins that are made there serve it."""
    with copied_kinds.declared(model.kind):
        _MODELS[model.kind.type] = model
        try:
            yield model
        finally:
            del _MODELS[model.kind.type]
