"""The Admin API as a WSGI application."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import oslo_middleware
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_policy import opts as policy_opts
from oslo_policy import policy

from tricircle import policies
from tricircle.api.central import Central
from tricircle.api.context import Services
from tricircle.api.errors import ErrorShape
from tricircle.api.metrics import MetricsPage
from tricircle.api.regions import RegionCatalog
from tricircle.api.router import PUBLIC_PATHS, Router
from tricircle.conf import register_api_opts, register_client_opts
from tricircle.db.engine import Database
from tricircle.jobs import wakeup
from tricircle.jobs.queue import JobQueue
from tricircle.jobs.queue_metrics import QueueMetrics
from tricircle.regions.auth import load_client_session

WsgiApplication = Callable[..., Iterable[bytes]]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Every option that the application reads."""
    register_api_opts(conf)
    register_client_opts(conf)
    policy_opts.set_defaults(conf)


def build(conf: cfg.ConfigOpts) -> WsgiApplication:
    """The application, with all of its middleware; it connects to nothing before the first request.

    Raises keystoneauth1.exceptions.MissingRequiredOptions if regions shall be checked and [client] has no credentials.
    """
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    regions = RegionCatalog(load_client_session(conf)) if conf.validate_pod_region else None
    database = Database.from_conf(conf)
    queue = JobQueue(database, announce=wakeup.announcer(conf))
    services = Services(database, queue, enforcer, regions, Central(conf, database), conf.pagination_max_limit)
    app: Any = Router(services)
    app = _authentication(app, conf)
    beside = {"/healthcheck": oslo_middleware.Healthcheck(None, conf)}
    if conf.metrics.in_api:
        beside["/metrics"] = MetricsPage(QueueMetrics(database))
    app = _Beside(app, beside)
    app = oslo_middleware.RequestBodySizeLimiter(app, conf)
    app = ErrorShape(app)
    app = oslo_middleware.HTTPProxyToWSGI(app, conf)
    app = oslo_middleware.CORS(app, conf)
    return oslo_middleware.RequestId(app)  # type: ignore[no-any-return]


def _authentication(app: Any, conf: cfg.ConfigOpts) -> Any:
    """Lets only those pass whom Keystone knows, but for the paths that need nobody."""
    if conf.auth_strategy == "noauth":
        return _EverybodyIsAdmin(app)
    # Not with delay_auth_decision: an outage of Keystone would look like a wrong token.
    guarded = auth_token.AuthProtocol(app, {"oslo_config_config": conf, "delay_auth_decision": False})
    return _Beside(guarded, dict.fromkeys(PUBLIC_PATHS, app))


class _EverybodyIsAdmin:
    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ.update(HTTP_X_IDENTITY_STATUS="Confirmed", HTTP_X_ROLES="admin")
        return self._application(environ, start_response)


class _Beside:
    """Answers some paths beside the application, before anyone asks for a token."""

    def __init__(self, application: WsgiApplication, others: Mapping[str, WsgiApplication]) -> None:
        self._application = application
        self._others = others

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._others.get(environ.get("PATH_INFO", ""), self._application)(environ, start_response)
