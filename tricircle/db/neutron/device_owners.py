"""Owners (``device_owner``) of the ports that are central's own to make, change and delete.

With the prefix ``network:`` Neutron trusts them, and keeps tenants away.
"""

from neutron_lib import constants

# Reserves a further region's gateway address, or a further region's interface of a router.
DEVICE_OWNER_GATEWAY = "network:tricircle_gateway"
# Reserves the address of a router's part on a bridge network.
DEVICE_OWNER_BRIDGE = "network:tricircle_bridge"

# Owners of ports that are not a region's to change or delete: by them central's own routers are joined to networks, and
# in a region they belong to its part of the router.
CENTRALS_OWN = frozenset(
    {
        # The region's part of a distributed or highly available router has owners of its own for its interfaces.
        *constants.ROUTER_INTERFACE_OWNERS,
        constants.DEVICE_OWNER_ROUTER_GW,
        constants.DEVICE_OWNER_FLOATINGIP,
        DEVICE_OWNER_GATEWAY,
        DEVICE_OWNER_BRIDGE,
    }
)
