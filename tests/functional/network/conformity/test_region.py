"""Neutron's own tests on a region's plugin without a central: then it is the real core plugin and nothing else."""

from neutron.tests.common import test_db_base_plugin_v2 as base_tests

from tests.functional.network import base
from tests.functional.network.conformity import differences
from tests.functional.network.conformity.adopt import adopt

CLASSES = (base_tests.TestNetworksV2,)


class Alone:
    """Whatever plugin a class of Neutron's asks for, it gets the region's."""

    def setup_coreplugin(self, core_plugin=None, load_plugins=True):
        super().setup_coreplugin(base.LOCAL, load_plugins)


globals().update(adopt(__name__, Alone, CLASSES, differences.REGION))
