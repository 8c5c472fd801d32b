"""[tricircle] options of a region's Neutron."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        "real_core_plugin",
        default="neutron.plugins.ml2.plugin.Ml2Plugin",
        help="Core plugin, a class or an entry point, to which the local plugin adds what Tricircle needs.",
    ),
    cfg.StrOpt(
        "real_l3_plugin",
        default="router",
        help="L3 service plugin, a class or an entry point, to which the local L3 plugin adds what Tricircle needs.",
    ),
    cfg.StrOpt("central_neutron_url", help="URL of central Neutron. Empty: the catalogue says where it is."),
    cfg.StrOpt("local_region_name", help="This region's name in Keystone. Empty: [nova] region_name."),
    cfg.IntOpt(
        "max_waiting_for_central",
        default=4,
        min=1,
        help="""
Requests of one API process that may wait for more than some seconds for an answer of central Neutron. Who comes then,
and needs central, is told at once that it is slow, so that the process has threads left for what needs no central: set
it below the number of threads of a process.
""",
    ),
    cfg.StrOpt(
        "l2gw_tunnel_ip",
        help="Tunnel endpoint through which other regions reach this one, with [client] cross_pod_vxlan_mode = l2gw.",
    ),
]
