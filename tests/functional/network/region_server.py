"""A region's Neutron for tests: the real one, in a process of its own, with central behind it."""

from pathlib import Path

from tests.functional.network.identity import TRICIRCLE
from tests.functional.network.neutron_server import NeutronServer

CONFIG = """
[DEFAULT]
core_plugin = tricircle.network.local_plugin.TricirclePlugin
service_plugins = tricircle.network.local_l3_plugin.TricircleL3Plugin
[client]
auth_type = admin_token
endpoint = {central_url}
token = {token}
[tricircle]
central_neutron_url = {central_url}
local_region_name = {region_name}
[ml2]
type_drivers = local,flat,vlan,vxlan
mechanism_drivers = openvswitch,l2population
extension_drivers = port_security
project_network_types = vxlan
[ml2_type_vxlan]
vni_ranges = 1:1000
[ml2_type_vlan]
network_vlan_ranges = bridge,extern
[ml2_type_flat]
flat_networks = bridge,extern
[quotas]
quota_network = 0
quota_subnet = 0
quota_security_group = 0
quota_rbac_policy = 0
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group_rule = -1
"""


class RegionServer(NeutronServer):
    """One region's Neutron. It has no agents: who needs one registers it (``neutron_database.add_ovs_agent``)."""

    def __init__(
        self, folder: Path, database_url: str, central_url: str, region_name: str = "RegionOne", **kwargs: bool
    ) -> None:
        """``central_url``: of central Neutron, or of what stands before its processes."""
        config = CONFIG.format(central_url=central_url, region_name=region_name, token=TRICIRCLE.token)
        super().__init__(folder, database_url, config, **kwargs)
        self.region_name = region_name
