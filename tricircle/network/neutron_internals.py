"""What Tricircle relies on inside Neutron, in one place: the list to go through when a new Neutron comes.

Neutron's plugin API is its classes. Events, extensions, drivers and objects are public, and used where they are needed.
Here is the rest: names that begin with an underscore, what is replaced or set for a whole process, and what is public
by its name alone. Each part says what it relies on, where that is in Neutron, and why there is no public way; a test of
the same name (``test_neutron_internals.py``) shows that the installed Neutron is so.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import netaddr
from neutron import policy
from neutron.api import extensions
from neutron.api.v2 import base as api_base
from neutron.db.models import l3 as l3_models
from neutron.ipam import utils as ipam_utils
from neutron.quota import resource_registry
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import model_query
from oslo_config import cfg

from tricircle.domain.jsons import Json
from tricircle.network._real_plugin import RealPlugin

Class = TypeVar("Class", bound=type)
Decide = Callable[..., Any]

# Plugins.


def native(*abilities: str) -> Callable[[Class], Class]:
    """Say of a plugin's class that it does by itself what Neutron's API would else do around it, badly.

    ``abilities``: of ``bulk``, ``pagination`` and ``sorting``. Neutron looks for attributes with the name of the very
    class in theirs, which no subclass inherits: ``neutron.api.v2.base.Controller._is_native_bulk_supported``,
    ``neutron.api.api_common.is_native_pagination_supported``, ``neutron.api.api_common.is_native_sorting_supported``.
    """

    def mark(plugin_class: Class) -> Class:
        for ability in abilities:
            setattr(plugin_class, f"_{plugin_class.__name__}__native_{ability}_support", True)
        return plugin_class

    return mark


def mechanism_driver(core: Any, name: str) -> Any:
    """The loaded mechanism driver of this name; None if it is not loaded.

    ML2 hands nobody its drivers: ``neutron.plugins.ml2.managers.MechanismManager`` has them in ``mech_drivers``, each
    as the ``obj`` of stevedore's extension.
    """
    found = core.mechanism_manager.mech_drivers.get(name)
    return found.obj if found is not None else None


def set_option(conf: cfg.ConfigOpts, name: str, value: Any, group: str | None = None) -> None:
    """Have an option of Neutron's be ``value``, whatever its operator has written.

    Neutron reads options where it needs them, and ML2 loads its drivers by them: there is no argument to pass. An
    override of oslo.config is above every file, and stays when the files are read anew.
    """
    conf.set_override(name, value, group)


def loaded_extensions() -> dict[str, Any]:
    """The API extensions of this process by their aliases, while they are being loaded too.

    Of two extensions with a collection of the same name Neutron serves one, by chance of their files' names:
    ``neutron.api.extensions.PluginAwareExtensionManager`` has no way to replace one.
    """
    loaded: dict[str, Any] = extensions.PluginAwareExtensionManager.get_instance().extensions
    return loaded


class OpenController(api_base.Controller):  # type: ignore[misc]
    """Neutron's controller of a collection, which says what it knows: ``neutron.api.v2.base.Controller``.

    It looks for a plugin's method when it needs it, and fails with 500 where there is none; whoever is to answer 405
    must ask the same before.
    """

    @property
    def collection(self) -> str:
        """Its name."""
        return str(self._collection)

    def method_of(self, operation: str) -> str:
        """The name of the plugin's method, and of the policy, for ``list``, ``show``, ``create`` and so on."""
        return str(self._plugin_handlers[operation])

    def has_method(self, operation: str) -> bool:
        """Whether the plugin has it."""
        return hasattr(self._plugin, self.method_of(operation))


# A whole process.


def filter_reads(model: Any, name: str, condition: Callable[[Any, Any, Any], Any]) -> None:
    """Have ``condition`` (context, model, query) narrow every read of ``model`` by Neutron's own queries.

    Neutron's reads of ports and groups take no condition of a plugin's, and a page filtered afterwards would be short.
    ``neutron_lib.db.model_query.register_hook`` holds the function weakly: it must be a module's own, and is of the
    whole process.
    """
    model_query.register_hook(model, f"tricircle_{name}", condition, None)


def count_as(resource: str, model_class: type) -> None:
    """Have quotas of ``resource`` counted by ``model_class``, which is whatever has a column ``project_id``.

    To be called before the resource is registered, with the core plugin. Neutron's default driver counts by the class
    that ``neutron.quota.resource_registry.ResourceRegistry.set_tracked_resource`` names; there is no other way to leave
    rows out.
    """
    resource_registry.ResourceRegistry.get_instance().set_tracked_resource(resource, model_class, override=True)


def wrap_policies(check: Callable[[Decide], Decide], enforce: Callable[[Decide], Decide]) -> None:
    """Put functions of ours around ``neutron.policy.check`` and ``neutron.policy.enforce``, for the whole process.

    Both APIs of Neutron's (controllers of extensions, and pecan's hooks) call them by the module's attributes, with the
    request's context first, then the action. Nothing else says for whom the policies look an object's parent up, or
    what they have allowed: oslo.policy is handed dictionaries. To be called once.
    """
    policy.check = check(policy.check)
    policy.enforce = enforce(policy.enforce)


def make_policy_rules() -> None:
    """Have the policies' rules there; nothing, if they are.

    Neutron makes them with the first request, while others see a part of them: ``neutron.policy.init``.
    """
    policy.init()


_check_subnet_ip: Callable[..., Any] = ipam_utils.check_subnet_ip


def take_first_of_small_subnets() -> None:
    """Let whoever names it have the first address of a subnet of one or two (/32, /31, /128, /127).

    Neutron gives it out by itself, but refuses it to whoever asks for it, as it is the network's own address: a copy's
    address is always asked for. A user who asks for it is refused by central. Neutron's IPAM calls
    ``neutron.ipam.utils.check_subnet_ip`` by the module's attribute, and no driver of IPAM stands before that call.
    """
    ipam_utils.check_subnet_ip = _takes_first


def _takes_first(cidr: str, ip_address: str, port_owner: str = "") -> bool:
    net = netaddr.IPNetwork(cidr)
    if net.size <= 2 and netaddr.IPAddress(ip_address) in net:
        return True
    return bool(_check_subnet_ip(cidr, ip_address, port_owner))


# The core plugin.


def default_group(core: Any, context: Any, project_id: str) -> str | None:
    """Id of a project's default security group, whoever asks; None if it has none.

    By ``neutron.db.securitygroups_db.SecurityGroupDbMixin._get_default_sg_id``: a public read would make the group.
    """
    found: str | None = core._get_default_sg_id(context, project_id)
    return found


def have_default_group(core: Any, context: Any, project_id: str) -> str | None:
    """The same; a project that has none gets it now, where policies let it.

    By ``neutron.db.securitygroups_db.SecurityGroupDbMixin._ensure_default_security_group``, which Neutron itself calls
    with the first port or list of groups of a project: the public methods make it for the caller's own only.
    """
    found: str | None = core._ensure_default_security_group(context, project_id)
    return found


class DefaultGroups(RealPlugin):
    """A core plugin that decides by itself whence a project's default group comes.

    Neutron calls ``neutron.db.securitygroups_db.SecurityGroupDbMixin._ensure_default_security_group`` wherever it needs
    one: before a port is made or changed, and before groups or rules are listed. No event comes before that.
    """

    def _ensure_default_security_group(self, context: Any, project_id: str) -> str | None:
        return self.ensure_default_group(context, project_id)

    def ensure_default_group(self, context: Any, project_id: str) -> str | None:
        """Id of the project's default group, None if it is to have none now. As Neutron, unless it is overridden."""
        found: str | None = super()._ensure_default_security_group(context, project_id)
        return found


def shown_address_group(core: Any, group: Any) -> Json:
    """An address group, an object of Neutron's, as Neutron's own events carry it.

    By ``neutron.db.address_group_db.AddressGroupDbMixin._make_address_group_dict``: a public read would begin another
    transaction before the group's own is over.
    """
    shown: Json = core._make_address_group_dict(group)
    return shown


def mtu_limit(core: Any, network_id: str, segment: Json) -> int | None:
    """The largest MTU that a network on this segment can have here; None where the real core plugin does not say.

    ``segment``: ``network_type``, ``physical_network``, ``segmentation_id``. Without a look inside, ML2 says it only by
    refusing an MTU that is too large: ``neutron.plugins.ml2.plugin.Ml2Plugin._get_network_mtu``.
    """
    if not hasattr(core, "_get_network_mtu"):
        return None
    found: int | None = core._get_network_mtu({"id": network_id, "mtu": None, "segments": [segment]}, validate=False)
    return found


def extend_agent_fdb(l2population: Any, extend: Callable[[Any, Any, Any, str, Json], None]) -> None:
    """Have ``extend`` (context, agent, segment, network id, entries) add to what an agent is told of a whole network.

    The driver tells an agent all when it starts anew, when ovs-vswitchd did, or with a host's first port of a network,
    and makes the entries at that moment only. It has no other hook, and agents ask for nothing:
    ``neutron.plugins.ml2.drivers.l2pop.mech_driver.L2populationMechanismDriver._create_agent_fdb``.
    """
    stock = l2population._create_agent_fdb

    def create_agent_fdb(context: Any, agent: Any, segment: Any, network_id: str) -> Any:
        entries = stock(context, agent, segment, network_id)
        extend(context, agent, segment, network_id, entries)
        return entries

    l2population._create_agent_fdb = create_agent_fdb


# The L3 plugin.


def read_router(l3: Any, context: Any, router_id: str) -> tuple[Any, Json]:
    """A router's row and its dictionary, inside the caller's transaction.

    ``get_router`` has a transaction of its own, after which ``gw_port_id`` and ``enable_snat`` are gone, and others may
    have changed what belongs to the router: ``neutron.db.l3_db.L3_NAT_dbonly_mixin._get_router``,
    ``neutron.db.l3_db.L3_NAT_dbonly_mixin._make_router_dict``.

    :raises RouterNotFound: there is none.
    """
    row = l3._get_router(context, router_id)
    router: Json = l3._make_router_dict(row)
    return row, router


def read_routers(l3: Any, context: Any, router_ids: Collection[str]) -> list[tuple[Any, Json]]:
    """The same of several, with one query; what is not here is left out."""
    query = model_query.query_with_hooks(context, l3_models.Router)
    rows = query.filter(l3_models.Router.id.in_(list(router_ids))).all() if router_ids else []
    return [(row, l3._make_router_dict(row)) for row in rows]


def shown_floating_ip(l3: Any, floating_ip: Any) -> Json:
    """A floating IP, an object of Neutron's, as Neutron's own events carry it when it is made.

    By ``neutron.db.l3_db.L3_NAT_dbonly_mixin._make_floatingip_dict``, inside the transaction that makes it.
    """
    shown: Json = l3._make_floatingip_dict(floating_ip, process_extensions=False)
    return shown


def use_l3_notifier(l3: Any, notifier: Any) -> None:
    """Have a loaded L3 plugin tell agents of routers through ``notifier``, an ``L3AgentNotifyAPI``.

    ``neutron.db.l3_db.L3NotifierMixin.l3_rpc_notifier`` makes its own when it is first read, unless the attribute
    ``_l3_rpc_notifier`` has one: that is no option, and a plugin's class says which it makes.
    """
    l3._l3_rpc_notifier = notifier


def sync_further_floating_ips(l3: Any, further: Callable[[Any, Collection[str]], list[Any]]) -> None:
    """Have a loaded L3 plugin tell agents of more floating IPs than Neutron finds, which looks for their ports.

    ``further``: by (context, router ids), objects of further floating IPs, without an address scope.
    ``neutron.db.l3_db.L3_NAT_dbonly_mixin._get_sync_floating_ips`` is asked for each message to an agent; the messages
    have no extension point. ``neutron.db.l3_db.L3_NAT_dbonly_mixin._make_floatingip_dict_with_scope`` shows them.
    """
    stock = l3._get_sync_floating_ips

    def get_sync_floating_ips(context: Any, router_ids: Collection[str], host: str | None = None) -> list[Json]:
        found: list[Json] = stock(context, router_ids, host)
        more = further(context, router_ids) if router_ids else []
        return found + [l3._make_floatingip_dict_with_scope(item, None) for item in more]

    l3._get_sync_floating_ips = get_sync_floating_ips


class FurtherGateways(RealPlugin):
    """An L3 plugin whose routers lose their further gateways, when they are deleted, as it says.

    Neutron's ``neutron.db.l3_extra_gws_db.ExtraGatewaysDbOnlyMixin._delete_router_remove_external_gateways`` takes away
    the first gateway too, as a change of the router, which the deletion does by itself next: three more reads of the
    router. It is in the place of that one, by its name; see docs/decisions/15-cost-of-a-request.md.
    """

    @registry.receives(resources.ROUTER, [events.BEFORE_DELETE])
    def _delete_router_remove_external_gateways(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        for port_id in self.further_gateways(payload.context, payload.resource_id):
            self._delete_extra_gw_port(payload.context, payload.resource_id, port_id)

    def further_gateways(self, context: Any, router_id: str) -> Collection[str]:
        """Ids of the ports of a router's gateways beside the first.

        Each goes by ``neutron.db.l3_extra_gws_db.ExtraGatewaysDbOnlyMixin._delete_extra_gw_port``, which refuses to
        take one that floating IPs need.
        """
        return ()


def address_gateways(l3: Any, context: Any, network: Json, subnet: Json) -> None:
    """Give the gateways on an external network addresses on a subnet that it has got.

    Neutron's L3 plugins with agents have ``update_router_gw_ports`` for it, those without have only what that does:
    ``neutron.db.l3_db.L3_NAT_dbonly_mixin._update_router_gateway_ports``.
    """
    l3._update_router_gateway_ports(context, network, subnet)
