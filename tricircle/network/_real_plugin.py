"""What the plugins inherit from: the real ones, which only the configuration knows.

For the local plugins these are the region's real core and L3 plugin, for the central plugin ML2. A local plugin puts
the real class behind its own when it is made (``class_over``); ``super()`` then leads there.
"""

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neutron.plugins.ml2.plugin import Ml2Plugin as RealPlugin
    from neutron_lib.services.base import ServicePluginBase as RealL3Plugin
else:
    RealPlugin = object
    RealL3Plugin = object

__all__ = ["RealL3Plugin", "RealPlugin", "class_over"]


@functools.cache
def class_over(plugin_class: Any, real: Any) -> Any:
    """A class of the name of ``plugin_class``, whose methods come before those of ``real``."""
    return type(plugin_class.__name__, (plugin_class, real), {"__module__": plugin_class.__module__})
