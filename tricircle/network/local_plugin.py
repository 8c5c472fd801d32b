"""Core plugin of a region's Neutron: the real core plugin, with what makes its objects central's.

Around the real plugin: objects are fetched from central on demand (``local.copies``), ports get their identity there
(``local.ports``), their state is reported (``local.reports``), ports of other regions are made known to the backend
(``local.endpoints``).
"""

from typing import Any, cast

from neutron.db import db_base_plugin_v2
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants, directory
from neutron_lib.utils import runtime
from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.db.neutron import models as _models  # noqa: F401 - the tables belong to Neutron's metadata
from tricircle.domain.jsons import Json
from tricircle.domain.versions import Part
from tricircle.network import cluster, copied_models, extensions, neutron_internals, policy_init
from tricircle.network._real_plugin import class_over
from tricircle.network.extensions import _base, observed_copy, regional_copy, remote_endpoint, security_group_copy
from tricircle.network.extensions.region import regional_quota
from tricircle.network.local import askers, assembly, quotas, readonly_copies, security_groups, visibility
from tricircle.network.local.backends import registry as backends
from tricircle.network.local.bindings import Bindings
from tricircle.network.local.central_client import Central
from tricircle.network.local.copies import unasking
from tricircle.network.local.endpoints import Endpoints
from tricircle.network.local.read_through import ids_of, read_through
from tricircle.network.local.real_core import RealCore
from tricircle.network.reserved import ReservedMark

REPORT_DRIVER = "tricircle_report"


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
        whole = class_over(cast(Any, cls), real)
        return whole.__new__(whole)

    def __init__(self) -> None:
        """Start the real plugin, then what is around it."""
        central = Central.from_conf(cfg.CONF)
        extensions.register(region=central is not None)
        if central is not None:
            _load_report_driver(cfg.CONF)
        super().__init__()
        self._central, self._real = central, RealCore(self)
        self.backend = backends.choose(self, backends.loaded_drivers(self))
        joined = central is None or cfg.CONF.client.cross_pod_vxlan_mode != "noop"
        self._endpoints = Endpoints(self, self.backend, joined=joined)
        self.components = None
        if central is not None:
            self.components = assembly.assemble(self, central, self._endpoints, self.backend, cfg.CONF)
            self._begin(self.components)

    def _begin(self, components: assembly.CoreComponents) -> None:
        """Take the components under the names by which the mixins know them, and put ours around Neutron's."""
        cluster.see_everything(cfg.CONF)
        quotas.count_own(cfg.CONF)
        policy_init.prepare()
        askers.prepare()
        self._reporter, self._copies, self._regional_ports = components.reporter, components.copies, components.ports
        self._follower, self._releases = components.follower, components.releases
        self.quota_memory = components.quota_memory
        neutron_internals.mechanism_driver(self, REPORT_DRIVER).use(components.reporter)
        self.backend.attach(self._endpoints)
        self._surround(self, constants.CORE)
        readonly_copies.guard_sharing(self)
        registry.subscribe(self._surround_service_plugins, resources.PROCESS, events.AFTER_INIT)
        visibility.hide()
        neutron_internals.take_first_of_small_subnets()
        for worker in components.workers():
            self.add_worker(worker)

    def _surround(self, plugin: Any, service: str) -> None:
        """Have a plugin's copies fetched, and guarded."""
        models = [model for model in copied_models.all_models() if model.service == service]
        readonly_copies.guard(plugin, models)
        for model in models:
            if model.kind.standalone:
                read_through(plugin, model, self._fetch)

    def _surround_service_plugins(self, *_: Any, **__: Any) -> None:
        """What the core plugin does not serve: when Neutron has made the plugins that do."""
        services = {model.service for model in copied_models.all_models()} - {constants.CORE}
        for service, plugin in directory.get_plugins().items():
            if service in services:
                self._surround(plugin, service)

    @property
    def supported_extension_aliases(self) -> list[str]:
        """The real plugin's, and ours."""
        ours = [
            remote_endpoint.Remote_endpoint.ALIAS,
            security_group_copy.Security_group_copy.ALIAS,
            regional_copy.Regional_copy.ALIAS,
        ]
        if self._central is not None:
            ours += [regional_quota.Regional_quota.ALIAS, observed_copy.Observed_copy.ALIAS]
        return [*super().supported_extension_aliases, *ours]

    def quotas_at_central(self, context: Any, project_id: str | None = None, action: str | None = None) -> Json:
        """What central answers the caller who asks for quotas: see the extension ``tricircle-regional-quota``."""
        central = cast(Central, self._central)
        return central.quotas(context, project_id, action)

    # The extensions for central's jobs.

    def get_remote_endpoint(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The ports of other regions on a network, as this region's agents know them."""
        return self._endpoints.get(context, id)

    def get_remote_endpoints(self, context: Any, filters: Json | None = None, *_: Any, **__: Any) -> list[Json]:
        """The same for many networks, or all."""
        return self._endpoints.list(context, ids_of(filters) or None)

    def update_remote_endpoint(self, context: Any, id: str, remote_endpoint: Json) -> Json:
        """Make this region know the endpoints given, and tell its agents the difference: see the extension."""
        body = remote_endpoint["remote_endpoint"]
        wanted = _base.sent(body, "endpoints")
        if self._central is not None:
            self._copies.wait_whole(context, id)  # who makes the network has asked central for it already
        answer = {"id": id, "nonce": body.get("nonce", "")}
        if "version" not in body:
            self._endpoints.replace(context.elevated(), id, wanted or [])
            return answer
        part = cast(Part, {name: _base.sent(body, name) for name in ("base", "version", "digest")})
        if "names" in body:
            part["names"] = body["names"]
        return {**answer, "version": self._endpoints.apply(context.elevated(), id, part, wanted or [])}

    def create_regional_copy(self, context: Any, regional_copy: Json) -> Json:
        """Bring copies to what central says of them: see the extension."""
        desired = regional_copy["regional_copy"]
        answer, given_up = self._follower.apply(context, desired), self._releases.apply(context, desired)
        pending = [*answer["pending"], *given_up.pending]
        return {**desired, **answer, "pending": pending, "kept_ids": given_up.kept_ids}

    def create_observed_copy(self, context: Any, observed_copy: Json) -> Json:
        """Show what is here of central's objects: see the extension."""
        return cast(assembly.CoreComponents, self.components).observer.answer(context, observed_copy["observed_copy"])

    def get_security_group_copy(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The copies of a project's groups. Neutron's API asks for it before each update."""
        return {"id": id, "security_groups": self._real.security_groups(unasking(context), id)}

    def update_security_group_copy(self, context: Any, id: str, security_group_copy: Json) -> Json:
        """Bring the copies of a project's groups to what central says."""
        desired = {"security_groups": [], "address_groups": [], "deleted_ids": []} | security_group_copy[
            "security_group_copy"
        ]
        others = security_groups.follow(self, unasking(context), id, desired)
        other_versions = [{"id": id_, "version": version} for id_, version in others.items()]
        return {"id": id, "other_versions": other_versions, "nonce": desired.get("nonce", "")}


def _load_report_driver(conf: cfg.ConfigOpts) -> None:
    drivers = conf.ml2.mechanism_drivers
    if REPORT_DRIVER not in drivers:
        neutron_internals.set_option(conf, "mechanism_drivers", [*drivers, REPORT_DRIVER], "ml2")
