"""Options: one file a group, registered on the ConfigOpts that the caller passes.

Every `register_*` may be called again on the same object. The first three also work on the object of a
Neutron process, which has options of its own by the names `bind_host`, `api_workers`, `host` …
"""

from oslo_config import cfg

from tricircle.conf import api, central, client, common, local, metrics, xjob
from tricircle.conf.common import register_common_opts

TRICIRCLE_GROUP = "tricircle"

__all__ = [
    "TRICIRCLE_GROUP",
    "list_api_opts",
    "list_network_opts",
    "list_xjob_opts",
    "register_api_opts",
    "register_client_opts",
    "register_common_opts",
    "register_tricircle_opts",
    "register_xjob_opts",
]

OptList = list[tuple[str | None, list[cfg.Opt]]]


def register_client_opts(conf: cfg.ConfigOpts) -> None:
    """[client]; the options of the chosen `auth_type` are registered when a session is made."""
    conf.register_opts(client.opts(), group=client.GROUP)


def register_tricircle_opts(conf: cfg.ConfigOpts) -> None:
    """[tricircle], central and local."""
    conf.register_opts([*central.OPTS, *local.OPTS], group=TRICIRCLE_GROUP)


def register_api_opts(conf: cfg.ConfigOpts) -> None:
    """[DEFAULT] and [metrics] of tricircle-api; not for a Neutron process."""
    conf.register_opts(api.OPTS)
    conf.register_opts(metrics.API_OPTS, group=metrics.GROUP)


def register_xjob_opts(conf: cfg.ConfigOpts) -> None:
    """[DEFAULT] and [metrics] of tricircle-xjob; not for a Neutron process."""
    conf.register_opts(xjob.OPTS)
    conf.register_opts(metrics.XJOB_OPTS, group=metrics.GROUP)


def _client_group() -> tuple[str | None, list[cfg.Opt]]:
    return client.GROUP, [*client.opts(), *client.auth_opts("password")]


def list_api_opts() -> OptList:
    """For oslo-config-generator: tricircle-api."""
    return [(None, [*common.OPTS, *api.OPTS]), _client_group(), (metrics.GROUP, metrics.API_OPTS)]


def list_xjob_opts() -> OptList:
    """For oslo-config-generator: tricircle-xjob."""
    return [(None, [*common.OPTS, *xjob.OPTS]), _client_group(), (metrics.GROUP, metrics.XJOB_OPTS)]


def list_network_opts() -> OptList:
    """For oslo-config-generator: what central and local Neutron read beside their own options."""
    return [(None, list(common.OPTS)), _client_group(), (TRICIRCLE_GROUP, [*central.OPTS, *local.OPTS])]
