"""Service plugin ``router`` of a region's Neutron."""

from neutron.services.l3_router import l3_router_plugin


class TricircleL3Plugin(l3_router_plugin.L3RouterPlugin):
    """Neutron's own L3 plugin.

    What a region's routers do is decided at central, and comes by the region's ordinary API.
    """
