"""Core plugin of a region's Neutron: the real core plugin, with what makes its objects central's.

Around the real plugin: objects are fetched from central on demand (``local.copies``), ports get their identity there
(``local.ports``), their state is reported (``local.reports``), ports of other regions are made known to the agents
(``local.endpoints``).
"""

import functools
from collections.abc import Sequence
from typing import Any, cast

from neutron.db import db_base_plugin_v2
from neutron.worker import PeriodicWorker
from neutron_lib import context as n_context
from neutron_lib.api import attributes
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants, directory
from neutron_lib.plugins import utils as plugin_utils
from neutron_lib.utils import runtime
from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.db.neutron import models as _models  # noqa: F401 - the tables belong to Neutron's metadata
from tricircle.network import cluster, copied_models, extensions, first_requests, neutron_internals
from tricircle.network.copied_models import CopiedModel
from tricircle.network.extensions import _base, regional_copy, remote_endpoint, security_group_copy
from tricircle.network.extensions.region import regional_quota
from tricircle.network.local import askers, audit, guard, hidden, quotas, security_groups
from tricircle.network.local.bindings import Bindings
from tricircle.network.local.central_client import Central
from tricircle.network.local.copies import Copies, unasking
from tricircle.network.local.endpoints import L2POPULATION, Endpoints
from tricircle.network.local.follow import Follower
from tricircle.network.local.leftovers import Leftovers
from tricircle.network.local.ports import RegionalPorts
from tricircle.network.local.read_through import ReadThrough, ids_of, read_through
from tricircle.network.local.releases import Releases
from tricircle.network.local.reports import Reporter
from tricircle.network.reserved import ReservedMark

Json = dict[str, Any]

REPORT_DRIVER = "tricircle_report"
# Seconds between two looks for reports that no thread has sent, and between two repetitions of the remote endpoints or
# looks for what outlived its tombstone.
SWEEP_INTERVAL = 10
RESEND_INTERVAL = 60


@functools.cache
def _class_over(plugin_class: Any, real: Any) -> Any:
    return type(plugin_class.__name__, (plugin_class, real), {"__module__": plugin_class.__module__})


@neutron_internals.native("bulk", "pagination", "sorting")
class TricirclePlugin(ReservedMark, Bindings):
    """``core_plugin`` of a region's Neutron. Its instances are instances of ``[tricircle] real_core_plugin`` too.

    Without ``[tricircle] central_neutron_url`` and ``[client] top_region_name`` it is the real core plugin and
    nothing else.
    """

    def __new__(cls) -> Any:
        """An instance of this class over the configured real core plugin."""
        if issubclass(cls, db_base_plugin_v2.NeutronDbPluginV2):
            return super().__new__(cls)
        tricircle_conf.register_tricircle_opts(cfg.CONF)
        real = runtime.load_class_by_alias_or_classname("neutron.core_plugins", cfg.CONF.tricircle.real_core_plugin)
        whole = _class_over(cast(Any, cls), real)
        return whole.__new__(whole)

    def __init__(self) -> None:
        """Start the real plugin, then what is around it."""
        central = Central.from_conf(cfg.CONF)
        extensions.register(region=central is not None)
        if central is not None:
            _load_report_driver(cfg.CONF)
        super().__init__()
        self._central = central
        self._endpoints = Endpoints(self, joined=central is None or cfg.CONF.client.cross_pod_vxlan_mode != "noop")
        if central is None:
            return
        cluster.see_everything(cfg.CONF)
        quotas.count_own(cfg.CONF)
        first_requests.prepare()
        askers.prepare()
        self._reporter = Reporter(self, central, _l2gw_tunnel_ip(cfg.CONF))
        real = _Real(super(ReadThrough, self))
        self.quota_memory = quotas.QuotaMemory()
        self._copies = Copies(self, real, central, self._endpoints, self.quota_memory)
        self._regional_ports = RegionalPorts(self, central, self._copies, self._reporter)
        self._follower = Follower(self, real, self._copies, self._regional_ports)
        self._releases = Releases(self, real, self._copies)
        neutron_internals.mechanism_driver(self, REPORT_DRIVER).use(self._reporter)
        self._endpoints.attach(neutron_internals.mechanism_driver(self, L2POPULATION))
        self._surround(self, constants.CORE)
        registry.subscribe(self._surround_service_plugins, resources.PROCESS, events.AFTER_INIT)
        hidden.hide()
        neutron_internals.take_first_of_small_subnets()
        self._sweep(central)

    def _surround(self, plugin: Any, service: str) -> None:
        """Have a plugin's copies fetched, and guarded."""
        models = [model for model in copied_models.all_models() if model.service == service]
        guard.guard(plugin, models)
        for model in models:
            if model.kind.standalone:
                read_through(plugin, model, self._fetch)

    def _surround_service_plugins(self, *_: Any, **__: Any) -> None:
        """What the core plugin does not serve: when Neutron has made the plugins that do."""
        services = {model.service for model in copied_models.all_models()} - {constants.CORE}
        for service, plugin in directory.get_plugins().items():
            if service in services:
                self._surround(plugin, service)

    def _sweep(self, central: Central) -> None:
        def report() -> None:
            self._reporter.sweep()

        def resend() -> None:
            self._endpoints.resend(n_context.get_admin_context())

        def run_audit() -> None:
            audit.run(n_context.get_admin_context(), central, self._reporter)

        leftovers = Leftovers(self)

        def bury() -> None:
            self._follower.bury_again(n_context.get_admin_context())
            leftovers.sweep(n_context.get_admin_context())

        self.add_worker(PeriodicWorker(report, SWEEP_INTERVAL, SWEEP_INTERVAL, desc="tricircle reports"))
        self.add_worker(PeriodicWorker(resend, RESEND_INTERVAL, RESEND_INTERVAL, desc="tricircle remote endpoints"))
        self.add_worker(PeriodicWorker(bury, RESEND_INTERVAL, RESEND_INTERVAL, desc="tricircle tombstones"))
        # It looks whether it is time: by the database's clock, for all servers of the region together.
        self.add_worker(PeriodicWorker(run_audit, RESEND_INTERVAL, RESEND_INTERVAL, desc="tricircle audit"))

    @property
    def supported_extension_aliases(self) -> list[str]:
        """The real plugin's, and ours."""
        ours = [
            remote_endpoint.Remote_endpoint.ALIAS,
            security_group_copy.Security_group_copy.ALIAS,
            regional_copy.Regional_copy.ALIAS,
        ]
        if self._central is not None:
            ours.append(regional_quota.Regional_quota.ALIAS)
        return [*super().supported_extension_aliases, *ours]

    def quotas_at_central(self, context: Any, project_id: str | None = None, action: str | None = None) -> Json:
        """What central answers the caller who asks for quotas: see the extension ``tricircle-regional-quota``."""
        central = cast(Central, self._central)
        return central.quotas(context, project_id, action)

    # For the L3 plugin.

    def bring(self, context: Any, *, network_ids: Sequence[str], subnet_ids: Sequence[str]) -> None:
        """Have the networks and subnets, asked for in the region's own name."""
        missing = {
            "network_ids": self._copies.missing(context, "network", network_ids),
            "subnet_ids": self._copies.missing(context, "subnet", subnet_ids),
        }
        if any(missing.values()):
            self._copies.bring(context, **missing)

    def report_soon(self) -> None:
        """Something that central waits for has been noted in the table of reports."""
        self._reporter.wake()

    def make(self, context: Any, view: Json) -> None:
        """Make what of a view is not here yet."""
        self._copies.make(context, view)

    def create_port_as_given(self, context: Any, body: Json) -> Json:
        """A port whose identity central has given beforehand."""
        return _Real(super(ReadThrough, self)).create_port(context, body)

    def update_port_as_given(self, context: Any, id: str, changes: Json) -> None:
        """Give such a port what central has said of it."""
        _Real(super(ReadThrough, self)).update(context, "port", id, changes)

    def get_remote_endpoint(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The ports of other regions on a network, as this region's agents know them."""
        return self._endpoints.get(context, id)

    def get_remote_endpoints(self, context: Any, filters: Json | None = None, *_: Any, **__: Any) -> list[Json]:
        """The same for many networks, or all."""
        return self._endpoints.list(context, ids_of(filters) or None)

    def update_remote_endpoint(self, context: Any, id: str, remote_endpoint: Json) -> Json:
        """Make this region know exactly the endpoints given, and tell its agents the difference."""
        body = remote_endpoint["remote_endpoint"]
        wanted = _base.sent(body, "endpoints")
        if self._central is not None:
            self._copies.wait_whole(context, id)  # who makes the network has asked central for it already
        table = self._endpoints.replace(context.elevated(), id, wanted or [])
        return {**table, "nonce": body.get("nonce", "")}

    def create_regional_copy(self, context: Any, regional_copy: Json) -> Json:
        """Bring copies to what central says of them: see the extension."""
        wish = regional_copy["regional_copy"]
        answer, given_up = self._follower.apply(context, wish), self._releases.apply(context, wish)
        pending = [*answer["pending"], *given_up.pending]
        return {**wish, **answer, "pending": pending, "kept_ids": given_up.kept_ids}

    def get_security_group_copy(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The copies of a project's groups. Neutron's API asks for it before each update."""
        filters = {"project_id": [id]}
        groups = super(ReadThrough, self).get_security_groups(unasking(context), filters=filters, default_sg=True)
        return {"id": id, "security_groups": groups}

    def update_security_group_copy(self, context: Any, id: str, security_group_copy: Json) -> Json:
        """Bring the copies of a project's groups to what central says."""
        wish = {"security_groups": [], "address_groups": [], "deleted_ids": []} | security_group_copy[
            "security_group_copy"
        ]
        security_groups.follow(self, unasking(context), id, wish)
        return {**self.get_security_group_copy(context, id), "nonce": wish.get("nonce", "")}


class _Real:
    """The real core plugin's own methods, with the defaults filled in that the API would fill in."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin

    def create_network(self, context: Any, body: Json) -> Json:
        return plugin_utils.create_network(self._plugin, context, {"network": body}, check_allow_post=False)

    def create_subnet(self, context: Any, body: Json) -> Json:
        return plugin_utils.create_subnet(self._plugin, context, {"subnet": body}, check_allow_post=False)

    def create_port(self, context: Any, body: Json) -> Json:
        return plugin_utils.create_port(self._plugin, context, {"port": body}, check_allow_post=False)

    def create(self, context: Any, model: CopiedModel, body: Json) -> Json:
        """One of a kind that needs nothing but itself, by the plugin that serves it."""
        known, whole = attributes.AttributeInfo(attributes.RESOURCES[model.plural]), dict(body)
        known.fill_post_defaults(whole, check_allow_post=False)
        known.convert_values(whole)
        created: Json = getattr(self._of(model), f"create_{model.singular}")(context, {model.singular: whole})
        return created

    def change(self, context: Any, model: CopiedModel, id_: str, changes: Json) -> None:
        getattr(self._of(model), f"update_{model.singular}")(context, id_, {model.singular: changes})

    def _of(self, model: CopiedModel) -> Any:
        return self._plugin if model.service == constants.CORE else model.plugin()

    def update(self, context: Any, resource_type: str, id_: str, changes: Json) -> Json:
        update = getattr(self._plugin, f"update_{resource_type}")
        changed: Json = update(context, id_, {resource_type: changes})
        return changed

    def delete(self, context: Any, resource_type: str, id_: str) -> None:
        if resource_type == "port":
            self._plugin.delete_port(context, id_, l3_port_check=False)
        else:
            model = copied_models.get(resource_type)
            getattr(self._of(model), f"delete_{model.singular}")(context, id_)


def _load_report_driver(conf: cfg.ConfigOpts) -> None:
    drivers = conf.ml2.mechanism_drivers
    if REPORT_DRIVER not in drivers:
        neutron_internals.set_option(conf, "mechanism_drivers", [*drivers, REPORT_DRIVER], "ml2")


def _l2gw_tunnel_ip(conf: cfg.ConfigOpts) -> str | None:
    return conf.tricircle.l2gw_tunnel_ip if conf.client.cross_pod_vxlan_mode == "l2gw" else None
