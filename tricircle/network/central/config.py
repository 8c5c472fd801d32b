"""The ``[tricircle]`` options of central Neutron, put where ML2 and its type drivers look for theirs."""

from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.network.neutron_internals import set_option

MECHANISM_DRIVER = "tricircle"
EXTENSION_DRIVER = "tricircle_region"


def register(conf: cfg.ConfigOpts) -> None:
    """Register every option that central Neutron reads for Tricircle."""
    tricircle_conf.register_common_opts(conf)
    tricircle_conf.register_client_opts(conf)
    tricircle_conf.register_tricircle_opts(conf)


def apply(conf: cfg.ConfigOpts) -> None:
    """Let ML2 do what ``[tricircle]`` says. To be called before ML2 loads its drivers."""
    register(conf)
    ml2_config.register_ml2_plugin_opts(conf)
    driver_type.register_ml2_drivers_vlan_opts(conf)
    driver_type.register_ml2_drivers_vxlan_opts(conf)
    driver_type.register_ml2_drivers_flat_opts(conf)
    ours = conf.tricircle
    # What an operator adds under [ml2] works beside ours.
    others = [name for name in conf.ml2.mechanism_drivers if name != MECHANISM_DRIVER]
    set_option(conf, "mechanism_drivers", [*others, MECHANISM_DRIVER], "ml2")
    set_option(conf, "type_drivers", ours.type_drivers, "ml2")
    set_option(conf, "project_network_types", ours.tenant_network_types, "ml2")
    set_option(conf, "network_vlan_ranges", ours.network_vlan_ranges, "ml2_type_vlan")
    set_option(conf, "vni_ranges", ours.vni_ranges, "ml2_type_vxlan")
    set_option(conf, "flat_networks", ours.flat_networks, "ml2_type_flat")
    # Nor are there agents at central: nothing is scheduled to them.
    set_option(conf, "enable_traditional_dhcp", False)
    # The manuals give central Neutron no ML2 file; port security is part of what every ML2 installation has.
    conf.set_default("extension_drivers", ["port_security"], "ml2")
    drivers = conf.ml2.extension_drivers
    if EXTENSION_DRIVER not in drivers:
        set_option(conf, "extension_drivers", [*drivers, EXTENSION_DRIVER], "ml2")


def add_service_plugin(conf: cfg.ConfigOpts, path: str) -> None:
    """Let Neutron load a service plugin of ours beside those of ``service_plugins``, which the manuals leave empty.

    Neutron reads that option after it has made the core plugin. To be called then.
    """
    plugins = [name for name in conf.service_plugins if name]
    if path not in plugins:
        set_option(conf, "service_plugins", [*plugins, path])
