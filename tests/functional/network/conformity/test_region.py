"""Neutron's own tests on a region's plugin.

- ``Alone``: without a central, where it is to be the real core plugin and nothing else.
- ``Own``: with a real central behind it, on networks of the region's own.
- ``Shared``: networks, subnets and groups are made, changed and deleted at central, and come to the region by the
  region's own means; ports are made in the region.

What is central's alone (subnet pools, address scopes, default rules of groups) is tested there; here are the subnets
that come of it. What ML2's classes repeat of their base classes runs once.
"""

import functools
import inspect
import re
import uuid
from unittest import mock

import pytest
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron.tests.unit.extensions import (
    test_availability_zone,
    test_external_net,
    test_security_groups_normalized_cidr,
    test_subnet_service_types,
)
from neutron.tests.unit.plugins.ml2 import test_ext_portsecurity, test_port_binding, test_security_group
from neutron.tests.unit.plugins.ml2 import test_plugin as ml2
from neutron.tests.unit.services.revisions import test_revision_plugin
from neutron_lib.constants import IP_VERSION_4

from tests.functional.network import base
from tests.functional.network.conformity import differences
from tests.functional.network.conformity.adopt import added, adopt, only
from tests.functional.network.conformity.two_neutrons import Split
from tests.functional.network.local import LocalMixin
from tricircle.network.local.reports import Reporter

# Words in the names of cases about what is refused. Where it is central that refuses, nothing comes to a region, and
# the case is one of central's.
REFUSALS = re.compile(
    r"invalid|fail|error|not_?found|non_?exist|returns_4|_4\d\d|bad_|wrong|out_of|too_|exceed|emulated|overlap|"
    r"no_name|conflict|prohibit|not_allowed|in_use"
)


def taken(cls: type) -> type:
    """``cls`` with those of its cases alone that make something which comes to a region."""
    return only(cls, lambda name: not REFUSALS.search(name))


ALONE = (base_tests.TestNetworksV2,)
OWN = (
    ml2.TestMl2PortBinding,
    # Central has no bindings of its own, and passes such requests on to the port's region.
    test_port_binding.ExtendedPortBindingTestCase,
    ml2.TestMultiSegmentNetworks,
    ml2.TestMl2PortSecurity,
    ml2.TestExternalNetwork,
    test_availability_zone.TestAZNetworkCase,
    added(ml2.TestMl2NetworksV2, base_tests.TestNetworksV2),
    only(ml2.TestMl2PortsV2, lambda name: "dhcp_provisioning" in name),
)
SHARED = (
    taken(base_tests.TestSubnetsV2),
    taken(only(base_tests.TestSubnetPoolsV2, lambda name: name.startswith("test_allocate_"))),
    only(ml2.TestMl2NetworksV2, lambda name: name == "test_list_networks_with_segmentation_id"),
    added(ml2.TestMl2SubnetsV2, base_tests.TestSubnetsV2),
    test_external_net.ExtNetDBTestCase,
    test_security_groups_normalized_cidr.TestSecurityGroupsNormalizedCidr,
    test_subnet_service_types.SubnetServiceTypesExtensionTestCase,
)
UNSERVED = (
    taken(base_tests.TestNetworksV2),
    base_tests.TestPortsV2,
    only(added(ml2.TestMl2PortsV2, base_tests.TestPortsV2), lambda name: "dhcp_provisioning" not in name),
    ml2.TestMl2AllowedAddressPairs,
    ml2.DHCPOptsTestCase,
    test_ext_portsecurity.PSExtDriverTestCase,
    taken(test_security_group.TestMl2SecurityGroups),
    test_revision_plugin.TestRevisionPlugin,
)


class Alone(base.Neutrons):
    """Whatever plugin a class of Neutron's asks for, it gets the region's."""

    def setup_coreplugin(self, core_plugin=None, load_plugins=True):
        super().setup_coreplugin(base.LOCAL, load_plugins)


class Own(LocalMixin):
    """The same, with a central; the drivers and ranges are those of Neutron's class.

    The database is Neutron's own for tests, which threads cannot share: reports leave when ``settle`` is called.
    """

    @pytest.fixture(autouse=True)
    def _servers(self, central_server):
        self.central = central_server

    def setUp(self, *args, **kwargs):
        wake = mock.patch.object(Reporter, "wake")
        wake.start()
        self.addCleanup(wake.stop)
        super().setUp(*args, **kwargs)

    def _setup_database_fixtures(self):
        super(LocalMixin, self)._setup_database_fixtures()

    def options(self):
        return {group: values for group, values in super().options().items() if not group.startswith("ml2")}


class Shared(Own):
    """The same, and each request goes to whom it concerns."""

    def setUp(self, *args, **kwargs):
        self._split = Split(self)
        # Each test has a project of its own at central.
        for name, value in (("TEST_PROJECT_ID", uuid.uuid4().hex), ("_set_temporary_quota", self._split.limit)):
            patch = mock.patch.object(base_tests, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        super().setUp(*args, **kwargs)
        self.port_create_status = "DOWN"  # as in ML2's own classes

    def _req(self, *args, **kwargs):
        request = super()._req(*args, **kwargs)
        request.get_response = functools.partial(self._split.send, request)
        return request


class Unserved(Shared):
    """The same, without DHCP for IPv4: a region's DHCP server has a port, which these cases do not reckon with."""

    def _make_subnet(self, fmt, network, gateway, cidr, *args, **kwargs):
        call = inspect.signature(super()._make_subnet).bind(fmt, network, gateway, cidr, *args, **kwargs)
        if call.arguments.get("ip_version", IP_VERSION_4) == IP_VERSION_4:
            call.arguments["enable_dhcp"] = False
        return super()._make_subnet(*call.args, **call.kwargs)


globals().update(adopt(__name__, Alone, ALONE, differences.ALONE))
globals().update(adopt(__name__, Own, OWN, differences.OWN))
globals().update(adopt(__name__, Shared, SHARED, differences.SHARED))
globals().update(adopt(__name__, Unserved, UNSERVED, differences.UNSERVED))
