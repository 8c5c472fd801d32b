"""Whether central and a region say the same, and whether anything is left of what has been deleted."""

from collections.abc import Sequence
from typing import Any

from neutron.db.models.l3 import FloatingIP, Router
from neutron.db.models.securitygroup import SecurityGroup, SecurityGroupRule
from neutron.db.models_v2 import Network, Port, Subnet

from tests.functional.network.faults.cloud import REGION, Cloud, everything
from tricircle.db import models
from tricircle.db.neutron import models as ours
from tricircle.db.neutron.copies import State
from tricircle.db.neutron.device_owners import CENTRALS_OWN
from tricircle.plans import group_members

# What is compared of each kind.
FIELDS = {
    "networks": ("name", "admin_state_up", "project_id", "mtu", "shared"),
    "subnets": ("name", "cidr", "network_id", "project_id", "dns_nameservers", "enable_dhcp"),
    "ports": ("name", "network_id", "mac_address", "fixed_ips", "security_groups", "binding:host_id"),
    "security-groups": ("name", "description", "project_id"),
}
_OBJECTS = (
    Network,
    Subnet,
    Port,
    SecurityGroup,
    SecurityGroupRule,
    Router,
    FloatingIP,
)
AT_CENTRAL = (
    *_OBJECTS,
    ours.PortLocation,
    ours.Change,
    ours.RegionalAddress,
    ours.RouterPort,
    ours.BridgeNetwork,
)
IN_REGION = (*_OBJECTS, ours.Copy, ours.Report, ours.RemoteEndpoint)


def assert_equal(cloud: Cloud) -> None:
    """What the region has of central's, it has as central has it, and central knows that it is there."""
    whole = {id_ for id_, _ in _copies(cloud, whole=True)}
    for kind, fields in FIELDS.items():
        there, here = everything(cloud, kind), everything(cloud, kind, region=True)
        assert here.keys() <= there.keys(), (kind, "not at central", here.keys() - there.keys())
        missing = whole & there.keys() - here.keys()
        assert not missing, (kind, "not in the region", missing)
        for id_, one in here.items():
            compared = [name for name in fields if not (name == "name" and one.get("device_owner") in CENTRALS_OWN)]
            shown, wanted = _shown(one, compared), _shown(there[id_], compared)
            assert shown == wanted, (kind, shown, wanted)
    here_rules, there_rules = (_rules(cloud, region=region) for region in (True, False))
    for id_, rules in here_rules.items():
        assert there_rules[id_] == rules, id_
    routed, present, of_parts = _routed(cloud), _present(cloud), _of_parts(cloud)
    assert present - of_parts <= routed <= present, (routed - present, present - of_parts - routed)


def _shown(one: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: sorted(one[name], key=str) if isinstance(one[name], list) else one[name] for name in fields}


def _rules(cloud: Cloud, *, region: bool) -> dict[str, set[str]]:
    """Ids of the rules of each group, but for those that stand for another region's members."""
    groups = everything(cloud, "security-groups", region=region)
    return {
        id_: {rule["id"] for rule in group["security_group_rules"] if not group_members.is_ours(rule["id"])}
        for id_, group in groups.items()
    }


def _routed(cloud: Cloud) -> set[str]:
    """Networks, subnets and ports that central believes in the region."""
    columns = (models.Routing.top_id, models.Routing.resource_type, models.Routing.pod_id)
    pod = cloud.central.pods[REGION].pod_id
    rows = cloud.rows(cloud.central.tricircle.engine, *columns)
    return {top_id for top_id, kind, pod_id in rows if kind in {"network", "subnet", "port"} and pod_id == pod}


def _present(cloud: Cloud) -> set[str]:
    """Those that are there."""
    copied = {id_ for id_, kind in _copies(cloud) if kind in {"network", "subnet"}}
    ports = {id_ for (id_,) in cloud.rows(cloud.in_region, Port.id)}
    return copied | ports


def _of_parts(cloud: Cloud) -> set[str]:
    """Ports of routers' parts: they come and go with these, and are reported when an agent has bound them."""
    return {id_ for id_, owner in cloud.rows(cloud.in_region, Port.id, Port.device_owner) if owner in CENTRALS_OWN}


def _copies(cloud: Cloud, *, whole: bool = False) -> set[tuple[str, str]]:
    """Id and type of what the region has copies of; with those half made, which the next request for them finishes."""
    columns = (ours.Copy.resource_id, ours.Copy.resource_type, ours.Copy.state)
    return {
        (id_, kind)
        for id_, kind, state in cloud.rows(cloud.in_region, *columns)
        if state == State.WHOLE or (state != State.DELETED and not whole)
    }


def everything_left(cloud: Cloud) -> set[tuple[Any, ...]]:
    """The keys of what both sides have of networks and of groups, and of all of Tricircle's tables that shall empty."""
    return {
        (side, table.name, *row)
        for side, engine, tables in (
            ("central", cloud.at_central, AT_CENTRAL),
            ("region", cloud.in_region, IN_REGION),
            ("Tricircle", cloud.central.tricircle.engine, (models.Routing, models.Job)),
        )
        for table in map(_table, tables)
        for row in cloud.rows(engine, *table.primary_key.columns)
    } - {("central", ours.Change.__tablename__, number) for number in _newest_change(cloud)}


def _table(model: Any) -> Any:
    return model.__table__


def _newest_change(cloud: Cloud) -> set[int]:
    """It stays, for numbers to go on from it."""
    numbers = {row[0] for row in cloud.rows(cloud.at_central, ours.Change.id)}
    return {max(numbers)} if numbers else set()
