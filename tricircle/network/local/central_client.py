"""Central Neutron, as a region's Neutron talks to it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.network import exceptions
from tricircle.network.extensions.port_region import REGION_NAME
from tricircle.regions import auth, errors
from tricircle.regions.neutron import Neutron

Json = dict[str, Any]

SERVICE_ROLE = "service"


class Central:
    """Questions to central, and reports.

    A user's request goes with the user's own token, so that central decides by its own policies.

    Every method raises the Neutron exception that the region's API shall answer: see ``exceptions.from_central``.
    """

    def __init__(self, neutron: Neutron, region_name: str) -> None:
        """``region_name`` is the region that speaks."""
        self._neutron = neutron
        self.region_name = region_name

    @classmethod
    def from_conf(cls, conf: cfg.ConfigOpts) -> "Central | None":
        """By ``[client]`` and ``[tricircle]``.

        None where neither says where central is: the plugin then is its real core plugin.

        :raises cfg.RequiredOptError: the region's own name is set nowhere.
        """
        tricircle_conf.register_client_opts(conf)
        tricircle_conf.register_tricircle_opts(conf)
        if not (conf.tricircle.central_neutron_url or conf.client.top_region_name):
            return None
        region_name = conf.tricircle.local_region_name or conf.nova.region_name
        if not region_name:
            raise cfg.RequiredOptError("local_region_name", cfg.OptGroup("tricircle"))
        neutron = Neutron(
            auth.load_client_session(conf),
            conf.client.top_region_name,
            endpoint=conf.tricircle.central_neutron_url,
            timeout=conf.client.neutron_timeout,
            interfaces=tuple(conf.client.valid_interfaces),
            refresh=conf.client.auto_refresh_endpoint,
        )
        return cls(neutron, region_name)

    def view(
        self,
        token: str | None,
        *,
        network_ids: Collection[str] = (),
        subnet_ids: Collection[str] = (),
        port_ids: Collection[str] = (),
        security_group_ids: Collection[str] = (),
        project_ids: Collection[str] = (),
        quota_project_ids: Collection[str] = (),
        security_groups_like: Mapping[str, Sequence[str]] | None = None,
    ) -> Json:
        """What this region needs to have the objects: the extension ``tricircle-regional-view``."""
        wish = {
            "region_name": self.region_name,
            "network_ids": sorted(network_ids),
            "subnet_ids": sorted(subnet_ids),
            "port_ids": sorted(port_ids),
            "security_group_ids": sorted(security_group_ids),
            "project_ids": sorted(project_ids),
            "quota_project_ids": sorted(quota_project_ids),
            "security_groups_like": dict(security_groups_like or {}),
        }
        what = "networks, ports and security groups"
        view: Json = self._ask("POST", "/regional-views", what, {"regional_view": wish}, token)["regional_view"]
        return view

    def create_ports(self, context: Any, ports: Sequence[Json]) -> list[Json]:
        """Create ports at central, all in one request, as this region's; answers them in the same order."""
        body = {"ports": [{**port, REGION_NAME: self.region_name} for port in ports]}
        created: list[Json] = self._ask_for(context, "POST", "/ports", "addresses", body)["ports"]
        return created

    def update_port(self, context: Any, port_id: str, changes: Json) -> Json:
        """Change a port at central; answers it as it is then."""
        body = {"port": changes}
        port: Json = self._ask_for(context, "PUT", f"/ports/{port_id}", "changes of ports", body)["port"]
        return port

    def report(self, ports: Sequence[Json], deleted_port_ids: Sequence[str]) -> Json:
        """Tell of ports.

        Answers ``unknown_port_ids``, which central does not know, and ``kept_port_ids``, which are deleted here alone.
        """
        report = {
            "region_name": self.region_name,
            "ports": list(ports),
            "deleted_port_ids": list(deleted_port_ids),
        }
        body = self._ask("POST", "/regional-reports", "the state of ports", {"regional_report": report}, None)
        answer: Json = body["regional_report"]
        return answer

    def audit(self, copies: Sequence[Json], *, after: str, until: str) -> Json:
        """Show all copies with ids greater than ``after`` and up to ``until`` (empty: the last).

        Each has ``id``, ``resource_type``, ``revision``. Answers ``differing_ids`` and ``unknown_ids``.
        """
        audit = {"region_name": self.region_name, "after": after, "until": until, "copies": list(copies)}
        answer: Json = self._ask("POST", "/regional-audits", "audits", {"regional_audit": audit}, None)[
            "regional_audit"
        ]
        return answer

    def quotas(self, context: Any, project_id: str | None = None, action: str | None = None) -> Json:
        """Quotas of a project, or of all that have their own; ``action``: ``default`` or ``details``."""
        path = "/".join(["/quotas", *(part for part in (project_id, action) if part)])
        return self._ask_for(context, "GET", path, "quotas", None)

    def _ask_for(self, context: Any, method: str, path: str, what: str, body: Json | None) -> Json:
        """In the caller's name, with what the caller has brought: no service's rights but where a service sent it."""
        vouch = SERVICE_ROLE in context.service_roles
        return self._ask(method, path, what, body, context.auth_token, vouch=vouch)

    def _ask(
        self, method: str, path: str, what: str, body: Json | None, token: str | None, *, vouch: bool = True
    ) -> Json:
        try:
            return self._neutron.request(method, path, json=body, token=token, vouch=vouch)
        except errors.RegionError as error:
            raise exceptions.from_central(error, what) from error
