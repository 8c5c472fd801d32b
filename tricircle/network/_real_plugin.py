"""What the plugins' mixins inherit from: for the local plugin the region's real core plugin, which only the
configuration knows; for the central plugin ML2.

``local_plugin.TricirclePlugin`` puts the real class behind them when the plugin is made; ``super()`` then leads there.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neutron.plugins.ml2.plugin import Ml2Plugin as RealPlugin
else:
    RealPlugin = object

__all__ = ["RealPlugin"]
