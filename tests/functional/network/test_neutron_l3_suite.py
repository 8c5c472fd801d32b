"""Neutron's own tests of routers and floating IPs, on central's plugins."""

import re

from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron.tests.unit.extensions import test_extraroute, test_l3

from tests.functional.network import base

# Of the two hundred, those in which our plugin has a part beside Neutron's own code: what is joined to a router.
CHOSEN = re.compile(
    "test_(router_(add|remove)_interface|router_update_gateway|floatingip_(with|crd|association|multi))"
)
# They fail alike with plain ML2 and Neutron's L3 plugin: they were written for a core plugin of their own.
NOT_FOR_ML2 = {
    "test_floatingip_with_invalid_create_port",
    "test_router_add_interface_by_port_fails_nested",
    "test_router_add_interface_ipv6_subnet",
    "test_router_add_interface_multiple_ipv6_subnets_same_net",
    "test_router_add_interface_subnet",
    "test_router_remove_ipv6_subnet_from_interface",
    "test_router_update_gateway_upon_subnet_create_ipv6",
}


class CentralBase(base.CentralMixin, base_tests.NeutronDbPluginV2TestCase):
    """Central with service_plugins left empty, as the manuals have it."""

    def setUp(self):
        super().setUp(plugin=base.CENTRAL, ext_mgr=test_extraroute.ExtraRouteTestExtensionManager())
        self.setup_notification_driver()


class TestCentralRouters(CentralBase, test_l3.L3NatTestCaseBase):
    pass


class TestCentralExtraRoutes(CentralBase, test_l3.L3NatTestCaseMixin, test_extraroute.ExtraRouteDBTestCaseBase):
    pass


for _name in dir(TestCentralRouters):
    if _name.startswith("test_") and (_name in NOT_FOR_ML2 or not CHOSEN.match(_name)):
        setattr(TestCentralRouters, _name, None)
