"""[tricircle] options of central Neutron."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.ListOpt(
        "type_drivers",
        default=["vxlan", "vlan", "flat", "local"],
        help="Network types that central Neutron knows.",
    ),
    cfg.ListOpt(
        "tenant_network_types",
        default=["vxlan", "vlan", "flat", "local"],
        help="Network types tried in this order for a network whose creator names none.",
    ),
    cfg.ListOpt(
        "network_vlan_ranges",
        default=[],
        help="<physical network>:<first VLAN id>:<last VLAN id>, or a physical network alone; of all regions together.",
    ),
    cfg.ListOpt("vni_ranges", default=[], help="<first VNI>:<last VNI>; of all regions together."),
    cfg.ListOpt(
        "flat_networks",
        default=["*"],
        help="Physical networks on which flat networks may be made; * allows any name, empty none.",
    ),
    cfg.StrOpt(
        "bridge_network_type",
        default="vxlan",
        choices=["vxlan", "vlan"],
        help="Type of the networks that join one router's parts across regions.",
    ),
    cfg.StrOpt(
        "default_region_for_external_network",
        default="RegionOne",
        help="Region of an external network whose creator names none.",
    ),
    cfg.IntOpt(
        "tombstone_retention",
        default=604800,
        min=86400,
        help="""
Seconds for which central Neutron remembers what was deleted. That is how old a backup may be from which a region's
database is brought back, so that what was deleted since goes from there again.
""",
    ),
    cfg.BoolOpt(
        "enable_l3_route_network",
        default=True,
        help="Whether a cross-region router serves networks that live in one region.",
    ),
    cfg.BoolOpt(
        "enable_api_gateway",
        default=False,
        deprecated_for_removal=True,
        deprecated_reason="There is no API gateway any more.",
        help="Ignored.",
    ),
]
