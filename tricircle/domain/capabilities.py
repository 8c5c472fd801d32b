"""What some regions can do and others cannot, by the names under which regions tell central of it."""

# By flag of a router, the extension of Neutron's by which a region says that it has such routers.
ROUTER_TYPES = {"distributed": "dvr", "ha": "l3-ha"}
