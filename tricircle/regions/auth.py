"""The session with which Tricircle itself talks to Keystone and to the regions."""

from collections.abc import Mapping
from typing import Any

from keystoneauth1 import loading
from keystoneauth1.identity import BaseIdentityPlugin
from keystoneauth1.session import Session
from oslo_config import cfg

from tricircle.conf import client, register_client_opts

_GROUP = client.GROUP


def load_client_session(conf: cfg.ConfigOpts) -> Session:
    """A session with the service credentials of [client]; safe to share among threads.

    Nothing is sent before its first use. TLS is verified unless `insecure` is set. A request without a timeout of its
    own gets `timeout`, or `neutron_timeout` where that is not set.

    Raises keystoneauth1.exceptions.MissingRequiredOptions if a credential is missing.
    """
    register_client_opts(conf)
    session = loading.load_session_from_conf_options(conf, _GROUP, auth=load_client_auth(conf))
    if session.timeout is None:
        session.timeout = float(conf[_GROUP].neutron_timeout)
    return session


def load_client_auth(conf: cfg.ConfigOpts) -> BaseIdentityPlugin:
    """The plugin named by [client] auth_type, its options also by Tricircle's own names (`admin_username` …)."""
    section = conf[_GROUP].auth_section or _GROUP
    if section != _GROUP:
        return loading.load_auth_from_conf_options(conf, section)
    loader = loading.get_plugin_loader(conf[_GROUP].auth_type)
    conf.register_opts(loading.get_auth_plugin_conf_options(loader), group=_GROUP)
    return loader.load_from_options_getter(lambda option: _credential(conf[_GROUP], option.dest))


def _credential(group: Mapping[str, Any], name: str) -> Any:
    value = group[name]
    if value is not None or name not in client.CREDENTIAL_ALIASES:
        return value
    if name.endswith("_domain_name") and group[name.replace("_name", "_id")] is not None:
        return None  # the domain is named by its id; a default name beside it would contradict
    return group[client.CREDENTIAL_ALIASES[name]]
