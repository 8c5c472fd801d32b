"""Central Neutron, as a region's Neutron talks to it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.domain import requests
from tricircle.domain.jsons import Json
from tricircle.domain.wire import AuditAnswer, AuditPage, Report, ReportAnswer, View
from tricircle.network import exceptions
from tricircle.network.extensions.port_region import REGION_NAME
from tricircle.regions import auth, errors, paths, questions
from tricircle.regions.liveness import Liveness
from tricircle.regions.neutron import Neutron

T = TypeVar("T")

SERVICE_ROLE = "service"


class Central:
    """Questions to central, and reports.

    A user's request goes with the user's own token, so that central decides by its own policies, and with its id, so
    that central's log shows it. What tells of several requests' work carries no one's.

    Every method raises the Neutron exception that the region's API shall answer: see ``exceptions.from_central``.
    """

    def __init__(self, neutron: Neutron, region_name: str, max_waiting: int) -> None:
        """``region_name`` is the region that speaks; ``max_waiting``: threads that may wait long for an answer."""
        self._neutron = neutron
        self._liveness = Liveness(neutron.name, neutron.probe, max_waiting)
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
        return cls(neutron, region_name, conf.tricircle.max_waiting_for_central)

    def view(
        self,
        context: Any,
        *,
        security_groups_like: Mapping[str, Sequence[str]] | None = None,
        **ids: Collection[str],
    ) -> View:
        """What this region needs to have the objects: the extension ``tricircle-regional-view``.

        ``ids``: by ``network_ids`` and the like, of every declared kind; ``project_ids``, ``quota_project_ids``.
        """
        question = {
            "region_name": self.region_name,
            "security_groups_like": dict(security_groups_like or {}),
            **{name: sorted(asked) for name, asked in ids.items() if asked},
        }
        what = "networks, ports and security groups"
        return cast(View, self._ask("/regional-views", "regional_view", what, question, context))

    def create_ports(self, context: Any, ports: Sequence[Json], *, as_region: bool = False) -> list[Json]:
        """Create ports at central, all in one request, as this region's; answers them in the same order.

        The region's service token beside the caller's shows that it is this region for which they are made.

        :param as_region: in the region's own name, whoever the caller is.
        :raises CentralUnavailable: no answer, or one that is not about these ports.
        """
        token = None if as_region else context.auth_token
        body = {"ports": [{**port, REGION_NAME: self.region_name} for port in ports]}

        def send() -> list[Json]:
            answer = self._neutron.request("POST", "/ports", json=body, token=token)
            return _created(self._neutron.name, ports, answer)

        return self._answered("addresses", send, context)

    def update_port(self, context: Any, port_id: str, changes: Json, *, as_region: bool = False) -> Json:
        """Change a port at central; answers it as it is then.

        In the caller's name, with what the caller has brought: no service's rights but where a service sent it along.

        :param as_region: in the region's own name, whoever the caller is.
        """
        token = None if as_region else context.auth_token
        vouch = SERVICE_ROLE in context.service_roles

        def send() -> Json:
            answer = self._neutron.request(
                "PUT", paths.path("ports", port_id), json={"port": changes}, token=token, vouch=vouch
            )
            port = answer.get("port")
            if not isinstance(port, dict) or port.get("id") != port_id:
                raise errors.RegionUnavailableError(f"{self._neutron.name} has answered something else")
            return port

        return self._answered("changes of ports", send, context)

    def report(self, report: Report) -> ReportAnswer:
        """Tell of ports and floating IPs: the extension ``tricircle-regional-report``."""
        body = {"region_name": self.region_name, **report}
        return cast(ReportAnswer, self._ask("/regional-reports", "regional_report", "the state of ports", body))

    def audit(self, page: AuditPage) -> AuditAnswer:
        """Show copies: the extension ``tricircle-regional-audit``."""
        body = {"region_name": self.region_name, **page}
        return cast(AuditAnswer, self._ask("/regional-audits", "regional_audit", "audits", body))

    def quotas(self, context: Any, project_id: str | None = None, action: str | None = None) -> Json:
        """Quotas of a project, or of all that have their own; ``action``: ``default`` or ``details``."""
        parts, vouch = [part for part in (project_id, action) if part], SERVICE_ROLE in context.service_roles

        def send() -> Json:
            return self._neutron.request("GET", paths.path("quotas", *parts), token=context.auth_token, vouch=vouch)

        return self._answered("quotas", send, context)

    def _ask(self, path: str, name: str, what: str, body: Json, context: Any = None) -> Json:
        token = context.auth_token if context is not None else None

        def send() -> Json:
            return questions.ask(self._neutron, "POST", path, name, body, token=token)

        return self._answered(what, send, context)

    def _answered(self, what: str, send: Callable[[], T], context: Any = None) -> T:
        """What ``send`` answers, as long as central answers anything. ``context``: of the request that needs it."""
        try:
            with requests.made_for(context.global_id if context is not None else None):
                return self._liveness.call(send)
        except errors.RegionError as error:
            raise exceptions.from_central(error, what) from error


def _created(name: str, ports: Sequence[Json], answer: Json) -> list[Json]:
    """The ports of an answer, if it is one to the request for these."""
    created = answer.get("ports")
    if (
        not isinstance(created, list)
        or len(created) != len(ports)
        or any(made.get("network_id") != port["network_id"] for made, port in zip(created, ports, strict=True))
    ):
        raise errors.RegionUnavailableError(f"{name} has answered something else")
    return created
