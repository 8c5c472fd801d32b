"""Core plugin of a region's Neutron: the real core plugin, with what makes its objects central's.

Around the real plugin: objects are fetched from central on demand (``local_copies``), ports get their identity there (``local_ports``), their
state is reported (``local_reports``), ports of other regions are made known to the agents (``local_endpoints``).
"""

import functools
from collections.abc import Callable, Collection
from typing import Any

from neutron.db import db_base_plugin_v2
from neutron.worker import PeriodicWorker
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import utils as plugin_utils
from neutron_lib.utils import runtime
from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.db.neutron import copies
from tricircle.db.neutron import models as _models  # noqa: F401 - the tables belong to Neutron's metadata
from tricircle.network import exceptions, extensions
from tricircle.network.extensions import remote_endpoint
from tricircle.network.local_central import Central
from tricircle.network.local_copies import Copies
from tricircle.network.local_endpoints import Endpoints
from tricircle.network.local_ports import RegionalPorts
from tricircle.network.local_reports import Reporter

Json = dict[str, Any]

REPORT_DRIVER = "tricircle_report"
# Seconds between two looks for reports that no thread has sent, and between two repetitions of the remote endpoints.
SWEEP_INTERVAL = 10
RESEND_INTERVAL = 300


@functools.cache
def _class_over(plugin_class: type, real: type) -> type:
    return type(plugin_class.__name__, (plugin_class, real), {"__module__": plugin_class.__module__})


class TricirclePlugin:
    """``core_plugin`` of a region's Neutron. Its instances are instances of ``[tricircle] real_core_plugin`` too.

    Without ``[tricircle] central_neutron_url`` and ``[client] top_region_name`` it is the real core plugin and nothing else.
    """

    # Neutron looks these up by the name of the very class.
    __native_bulk_support = True
    __native_pagination_support = True
    __native_sorting_support = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance of this class over the configured real core plugin."""
        if issubclass(cls, db_base_plugin_v2.NeutronDbPluginV2):
            return super().__new__(cls)
        tricircle_conf.register_tricircle_opts(cfg.CONF)
        real = runtime.load_class_by_alias_or_classname("neutron.core_plugins", cfg.CONF.tricircle.real_core_plugin)
        whole = _class_over(cls, real)
        return whole.__new__(whole)

    def __init__(self) -> None:
        """Start the real plugin, then what is around it."""
        extensions.register()
        central = Central.from_conf(cfg.CONF)
        if central is not None:
            _load_report_driver(cfg.CONF)
        super().__init__()
        self._central = central
        self._endpoints = Endpoints(self)
        if central is None:
            return
        self._reporter = Reporter(self, central, _l2gw_tunnel_ip(cfg.CONF))
        self._copies = Copies(self, _Real(super()), central)
        self._regional_ports = RegionalPorts(self, central, self._copies, self._reporter)
        self.mechanism_manager.mech_drivers[REPORT_DRIVER].obj.use(self._reporter)
        self._endpoints.attach(self.mechanism_manager)
        self._sweep()

    def _sweep(self) -> None:
        def report() -> None:
            self._reporter.flush()

        def resend() -> None:
            self._endpoints.resend(n_context.get_admin_context())

        self.add_worker(PeriodicWorker(report, SWEEP_INTERVAL, SWEEP_INTERVAL, desc="tricircle reports"))
        self.add_worker(PeriodicWorker(resend, RESEND_INTERVAL, RESEND_INTERVAL, desc="tricircle remote endpoints"))

    @property
    def supported_extension_aliases(self) -> list[str]:
        """The real plugin's, and ours."""
        return [*super().supported_extension_aliases, remote_endpoint.Remote_endpoint.ALIAS]

    # Read-through.

    def _fetch(self, context: Any, resource_type: str, ids: Collection[str]) -> None:
        """Have what of ``ids`` is central's, and the caller's to see. Requests without a token, or inside a transaction, get what is here."""
        if self._central is None or not ids or not context.auth_token or db_api.is_session_active(context.session):
            return
        missing = self._copies.missing(context, resource_type, ids)
        if missing:
            self._copies.bring(context, **{f"{resource_type}_ids": missing})

    def get_network(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "network", [id])
        return super().get_network(context, id, *args, **kwargs)

    def get_networks(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the networks that ``filters`` names by id are fetched."""
        self._fetch(context, "network", _ids(filters))
        return super().get_networks(context, filters, *args, **kwargs)

    def get_subnet(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "subnet", [id])
        return super().get_subnet(context, id, *args, **kwargs)

    def get_subnets(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the subnets that ``filters`` names by id are fetched."""
        self._fetch(context, "subnet", _ids(filters))
        return super().get_subnets(context, filters, *args, **kwargs)

    def get_port(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "port", [id])
        return super().get_port(context, id, *args, **kwargs)

    def get_ports(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the ports that ``filters`` names by id are fetched."""
        self._fetch(context, "port", _ids(filters))
        return super().get_ports(context, filters, *args, **kwargs)

    def get_security_group(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "security_group", [id])
        return super().get_security_group(context, id, *args, **kwargs)

    def get_security_groups(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the groups that ``filters`` names by id are fetched."""
        self._fetch(context, "security_group", _ids(filters))
        return super().get_security_groups(context, filters, *args, **kwargs)

    def _ensure_default_security_group(self, context: Any, project_id: str) -> str | None:
        """A project's default group is central's: the same id everywhere."""
        if self._central is None or not project_id:
            return super()._ensure_default_security_group(context, project_id)
        known: str | None = self._get_default_sg_id(context, project_id)
        if known or db_api.is_session_active(context.session):
            return known
        # By the region's own credentials: an administrator or an agent may be the first who needs another project's group.
        service = n_context.get_admin_context()
        try:
            self._copies.bring(service, project_ids=[project_id])
        except exceptions.CentralUnavailable:
            # What needs no group goes on; what needs central says so itself.
            return None
        return self._get_default_sg_id(context, project_id)

    # Ports.

    def create_port(self, context: Any, port: Json) -> Json:
        """As the real plugin; on a network of central's with identity and addresses from there.

        :raises CentralUnavailable: central does not answer; nothing was made.
        """
        body = port["port"]
        if not self._is_centrals(context, body):
            return super().create_port(context, port)
        (body,) = self._regional_ports.identify(context, [body])
        with self._taken_back(context, [body]):
            return super().create_port(context.elevated(), {"port": body})

    def create_port_bulk(self, context: Any, ports: Json) -> list[Json]:
        """As the real plugin; all ports on networks of central's with one request to it."""
        bodies = [item["port"] for item in ports["ports"]]
        ours = [index for index, body in enumerate(bodies) if self._is_centrals(context, body)]
        if not ours:
            return super().create_port_bulk(context, ports)
        identified = self._regional_ports.identify(context, [bodies[index] for index in ours])
        for index, body in zip(ours, identified, strict=True):
            bodies[index] = body
        with self._taken_back(context, identified):
            return super().create_port_bulk(context.elevated(), {"ports": [{"port": body} for body in bodies]})

    def update_port(self, context: Any, id: str, port: Json) -> Json:
        """As the real plugin; what is central's to decide is changed there first."""
        if self._central is None or db_api.is_session_active(context.session):
            return super().update_port(context, id, port)
        before = self.get_port(context, id)
        if not self._regional_ports.is_central(context, before):
            return super().update_port(context, id, port)
        changes = self._regional_ports.change(context, before, port["port"])
        return super().update_port(context, id, {"port": changes})

    def delete_port(self, context: Any, id: str, l3_port_check: bool = True) -> None:
        """As the real plugin; central hears of it by the report."""
        super().delete_port(context, id, l3_port_check=l3_port_check)
        self._forget(context, [id])

    def _is_centrals(self, context: Any, body: Json) -> bool:
        if self._central is None:
            return False
        self._fetch(context, "network", [body["network_id"]])
        return self._regional_ports.is_central(context, body)

    def _taken_back(self, context: Any, bodies: list[Json]) -> "_TakenBack":
        return _TakenBack(lambda: self._regional_ports.take_back(context, [body["id"] for body in bodies]))

    # Networks and subnets of central's.

    def update_network(self, context: Any, id: str, network: Json) -> Json:
        """As the real plugin; a copy follows central, not tenants."""
        self._refuse_tenant(context, "Network", id, "update")
        return super().update_network(context, id, network)

    def delete_network(self, context: Any, id: str) -> None:
        """As the real plugin; a copy follows central, not tenants."""
        self._refuse_tenant(context, "Network", id, "delete")
        subnets = super().get_subnets(context.elevated(), filters={"network_id": [id]}, fields=["id"])
        super().delete_network(context, id)
        self._forget(context, [id, *(subnet["id"] for subnet in subnets)])

    def update_subnet(self, context: Any, id: str, subnet: Json) -> Json:
        """As the real plugin; a copy follows central, not tenants."""
        self._refuse_tenant(context, "Subnet", id, "update")
        return super().update_subnet(context, id, subnet)

    def delete_subnet(self, context: Any, id: str) -> None:
        """As the real plugin; a copy follows central, not tenants."""
        self._refuse_tenant(context, "Subnet", id, "delete")
        super().delete_subnet(context, id)
        self._forget(context, [id])

    def _refuse_tenant(self, context: Any, resource: str, id: str, action: str) -> None:
        if self._central is None or context.is_admin or context.is_service_role:
            return
        if copies.is_copy(context, id):
            raise exceptions.ManagedByCentral(resource=resource, id=id, action=action)

    def _forget(self, context: Any, ids: Collection[str]) -> None:
        if self._central is not None and not db_api.is_session_active(context.session):
            copies.forget(context, ids)

    # The extension for remote endpoints.

    def get_remote_endpoint(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """The ports of other regions on a network, as this region's agents know them."""
        return self._endpoints.get(context, id)

    def get_remote_endpoints(self, context: Any, filters: Json | None = None, *_: Any, **__: Any) -> list[Json]:
        """The same for many networks, or all."""
        return self._endpoints.list(context, _ids(filters) or None)

    def update_remote_endpoint(self, context: Any, id: str, remote_endpoint: Json) -> Json:
        """Make this region know exactly the endpoints given, and tell its agents the difference."""
        return self._endpoints.replace(context.elevated(), id, remote_endpoint["remote_endpoint"]["endpoints"] or [])


class _TakenBack:
    """Context manager: what fails inside is undone at central."""

    def __init__(self, undo: Callable[[], None]) -> None:
        self._undo = undo

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._undo()


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

    def update_port(self, context: Any, id_: str, changes: Json) -> Json:
        return self._plugin.update_port(context, id_, {"port": changes})


def _ids(filters: Json | None) -> list[str]:
    return list((filters or {}).get("id") or [])


def _load_report_driver(conf: cfg.ConfigOpts) -> None:
    drivers = conf.ml2.mechanism_drivers
    if REPORT_DRIVER not in drivers:
        conf.set_override("mechanism_drivers", [*drivers, REPORT_DRIVER], "ml2")


def _l2gw_tunnel_ip(conf: cfg.ConfigOpts) -> str | None:
    return conf.tricircle.l2gw_tunnel_ip if conf.client.cross_pod_vxlan_mode == "l2gw" else None
