"""What this region can do and others perhaps not, as it tells central."""

from neutron_lib.plugins import directory

from tricircle.domain.capabilities import ROUTER_TYPES


def current() -> list[str]:
    """Names of capabilities, in order: of the extensions that the loaded plugins support, those that routers need."""
    supported: set[str] = set()
    for plugin in directory.get_unique_plugins():
        supported.update(getattr(plugin, "supported_extension_aliases", ()))
    return sorted(supported.intersection(ROUTER_TYPES.values()))
