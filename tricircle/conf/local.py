"""[tricircle] options of a region's Neutron."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        "real_core_plugin",
        default="neutron.plugins.ml2.plugin.Ml2Plugin",
        help="Core plugin, a class or an entry point, to which the local plugin adds what Tricircle needs.",
    ),
    cfg.StrOpt("central_neutron_url", help="URL of central Neutron. Empty: the catalogue says where it is."),
    cfg.StrOpt("local_region_name", help="This region's name in Keystone. Empty: [nova] region_name."),
    cfg.StrOpt(
        "l2gw_tunnel_ip",
        help="Tunnel endpoint through which other regions reach this one, with [client] cross_pod_vxlan_mode = l2gw.",
    ),
]
