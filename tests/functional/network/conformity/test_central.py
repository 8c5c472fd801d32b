"""Neutron's own tests on central's plugin: what it does beside ML2's work must not break ML2's promises."""

from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron.tests.unit.db import test_rbac_db_mixin
from neutron.tests.unit.extensions import (
    test_address_group,
    test_address_scope,
    test_availability_zone,
    test_default_subnetpools,
    test_dns,
    test_external_net,
    test_network_ip_availability,
    test_security_groups_default_rules,
    test_security_groups_normalized_cidr,
    test_subnet_onboard,
    test_subnet_service_types,
    test_subnetpool_prefix_ops,
)
from neutron.tests.unit.plugins.ml2 import (
    test_ext_portsecurity,
    test_port_binding,
    test_security_group,
    test_tracked_resources,
)
from neutron.tests.unit.plugins.ml2 import test_plugin as ml2
from neutron.tests.unit.services.revisions import test_revision_plugin
from oslo_config import cfg

from tests.functional.network import base
from tests.functional.network.conformity import differences
from tests.functional.network.conformity.adopt import adopt
from tricircle.network import central_l3_plugin

CLASSES = (
    base_tests.TestSubnetPoolsV2,
    ml2.TestMl2BasicGet,
    ml2.TestMl2V2HTTPResponse,
    ml2.TestMl2NetworksV2,
    ml2.TestMl2SubnetsV2,
    ml2.TestMl2PortsV2,
    ml2.TestMl2PortsV2WithRevisionPlugin,
    ml2.TestMl2DbOperationBounds,
    ml2.TestMl2DbOperationBoundsProject,
    ml2.TestMl2DbOperationBoundsProjectRbac,
    ml2.TestExternalNetwork,
    ml2.TestMl2PortBinding,
    ml2.TestMl2PortBindingHost,
    ml2.TestMl2PortBindingVnicType,
    ml2.TestMultiSegmentNetworks,
    ml2.TestMl2AllowedAddressPairs,
    ml2.TestMl2PortSecurity,
    ml2.Test_GetNetworkMtu,
    ml2.DHCPOptsTestCase,
    ml2.TestFaultyMechansimDriver,
    ml2.TestTransactionGuard,
    ml2.TestML2Segments,
    test_port_binding.PortBindingTestCase,
    test_ext_portsecurity.PSExtDriverTestCase,
    test_security_group.TestMl2SecurityGroups,
    test_tracked_resources.TestTrackedResources,
    test_address_group.TestAddressGroup,
    test_address_scope.TestAddressScope,
    test_address_scope.TestSubnetPoolsWithAddressScopes,
    test_availability_zone.TestAZNetworkCase,
    test_default_subnetpools.DefaultSubnetpoolsExtensionTestCase,
    test_dns.DnsExtensionTestCase,
    test_external_net.ExtNetDBTestCase,
    test_network_ip_availability.TestNetworkIPAvailabilityAPI,
    test_security_groups_default_rules.TestDefaultSecurityGroupRules,
    test_security_groups_normalized_cidr.TestSecurityGroupsNormalizedCidr,
    test_subnet_onboard.SubnetOnboardTestsIpv4,
    test_subnet_onboard.SubnetOnboardTestsIpv6,
    test_subnet_service_types.SubnetServiceTypesExtensionTestCase,
    test_subnet_service_types.SubnetServiceTypesExtensionTestCasev6,
    test_subnetpool_prefix_ops.SubnetpoolPrefixOpsTestsIpv4,
    test_subnetpool_prefix_ops.SubnetpoolPrefixOpsTestsIpv6,
    test_rbac_db_mixin.NetworkRbacTestcase,
    test_revision_plugin.TestRevisionPlugin,
)


class Central(base.CentralMixin):
    """Whatever plugin a class of Neutron's asks for, it gets central's, with the options that it gave to ML2."""

    l3_plugin = central_l3_plugin.PATH  # which central loads whatever a class asks for

    def prepare_central(self):
        """Only when the class has set its options: see ``setup_coreplugin``."""

    def setup_coreplugin(self, core_plugin=None, load_plugins=True):
        ml2_config.register_ml2_plugin_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vxlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_flat_opts(cfg.CONF)
        self.OPTIONS = {
            "type_drivers": cfg.CONF.ml2.type_drivers,
            "tenant_network_types": cfg.CONF.ml2.project_network_types,
            "network_vlan_ranges": cfg.CONF.ml2_type_vlan.network_vlan_ranges,
            "vni_ranges": cfg.CONF.ml2_type_vxlan.vni_ranges,
            "flat_networks": cfg.CONF.ml2_type_flat.flat_networks,
        }
        super().prepare_central()
        super().setup_coreplugin(base.CENTRAL, load_plugins)


globals().update(adopt(__name__, Central, CLASSES, differences.CENTRAL))
