"""[client]: how Tricircle reaches Keystone and the regions' Neutron servers as its own service user.

Credentials are keystoneauth's, so that any of its plugins works (`auth_type`). The names that Tricircle always had
(`admin_username`, …) are as good as keystoneauth's and not deprecated; where both are set, keystoneauth's win.
"""

from keystoneauth1 import loading
from oslo_config import cfg

# A name, never a shared OptGroup: oslo.config keeps what is registered in the group object itself.
GROUP = "client"

# keystoneauth's name → the name Tricircle has for it
CREDENTIAL_ALIASES = {
    "username": "admin_username",
    "password": "admin_password",
    "project_name": "admin_tenant",
    "user_domain_name": "admin_user_domain_name",
    "project_domain_name": "admin_tenant_domain_name",
}

CREDENTIAL_OPTS: list[cfg.Opt] = [
    cfg.StrOpt("admin_username", help="Service user's name; the same as username."),
    cfg.StrOpt("admin_password", secret=True, help="Service user's password; the same as password."),
    cfg.StrOpt("admin_tenant", help="Service user's project; the same as project_name."),
    cfg.StrOpt(
        "admin_user_domain_name",
        default="Default",
        help="Domain of the service user; the same as user_domain_name.",
    ),
    cfg.StrOpt(
        "admin_tenant_domain_name",
        default="Default",
        help="Domain of the service user's project; the same as project_domain_name.",
    ),
    cfg.StrOpt(
        "identity_url",
        deprecated_for_removal=True,
        deprecated_reason="auth_url says where Keystone is.",
        help="Ignored.",
    ),
]

REGION_OPTS: list[cfg.Opt] = [
    cfg.StrOpt("top_region_name", help="Region of central Neutron. Empty: the region of the central pod."),
    cfg.BoolOpt(
        "auto_refresh_endpoint",
        default=True,
        help="Whether the catalogue is read again when an endpoint does not answer.",
    ),
    cfg.ListOpt(
        "valid_interfaces",
        default=["internal", "public"],
        help="Endpoint interfaces to use, in order of preference.",
    ),
    cfg.IntOpt("neutron_timeout", default=60, min=1, help="Seconds that a request to a Neutron server may take."),
    cfg.StrOpt(
        "bridge_cidr",
        default="100.0.0.0/9",
        help="Address range out of which the networks are cut that join one router's parts across regions.",
    ),
    cfg.StrOpt(
        "cross_pod_vxlan_mode",
        default="p2p",
        choices=[
            ("p2p", "hosts of different regions reach each other's tunnel endpoints"),
            ("l2gw", "each region is reached through one gateway"),
            ("noop", "nothing is done: another system joins the networks"),
        ],
        help="How VXLAN networks are joined across regions.",
    ),
    cfg.IntOpt(
        "max_shadow_port_bulk_size",
        default=100,
        min=1,
        deprecated_for_removal=True,
        deprecated_reason="There are no shadow ports: one request carries all remote endpoints of a network.",
        help="Ignored.",
    ),
    cfg.IntOpt(
        "max_trunk_subports_bulk_size",
        default=100,
        min=1,
        help="Trunk subports that one request to a region carries at most.",
    ),
]


def auth_opts(auth_type: str) -> list[cfg.Opt]:
    """Options of keystoneauth's plugin `auth_type` (`password`, `v3applicationcredential` …)."""
    return list(loading.get_auth_plugin_conf_options(auth_type))


def opts() -> list[cfg.Opt]:
    """Everything that [client] takes, keystoneauth's session and `auth_type` options included."""
    auth_type, auth_section = loading.get_auth_common_conf_options()
    auth_type.default = "password"
    return [*CREDENTIAL_OPTS, *REGION_OPTS, auth_type, auth_section, *loading.get_session_conf_options()]
