"""Neutron's own tests of a core plugin, on our plugins: what they do beside ML2's work must not break its promises."""

from neutron.tests.common import test_db_base_plugin_v2 as base_tests

from tests.functional.network import base


class TestCentralNetworks(base.CentralMixin, base_tests.TestNetworksV2):
    def setUp(self):
        super().setUp(plugin=base.CENTRAL)


class TestLocalNetworks(base_tests.TestNetworksV2):
    def setUp(self):
        super().setUp(plugin=base.LOCAL)
