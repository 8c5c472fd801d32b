"""Central Neutron for tests: the real one, in a process of its own."""

from pathlib import Path

from tests.functional.network.neutron_server import Answer, NeutronServer
from tricircle.db import pods as pods_db
from tricircle.db import schema
from tricircle.db.engine import Database
from tricircle.domain.pods import Pod

__all__ = ["Answer", "CentralServer"]

CONFIG = """
[DEFAULT]
core_plugin = tricircle.network.central_plugin.TricirclePlugin
service_plugins =
max_dns_nameservers = 2
max_subnet_host_routes = 2
tricircle_db_connection = {tricircle_url}
[tricircle]
type_drivers = vxlan,vlan,flat,local
tenant_network_types = vxlan,local
vni_ranges = 1001:9000
network_vlan_ranges = bridge:2001:3000,extern:3001:4000,physnet1:1:100,physnet2:200:300
flat_networks = bridge,extern
"""

# Neutron's migrations fill the table of default rules; a schema made from the models has it empty.
DEFAULT_RULES = [
    {"direction": direction, "ethertype": ethertype, "used_in_default_sg": True, **more}
    for ethertype in ("IPv4", "IPv6")
    for direction, more in (
        ("egress", {"used_in_non_default_sg": True}),
        ("ingress", {"used_in_non_default_sg": False, "remote_group_id": "PARENT"}),
    )
]

ZONES = (("CentralRegion", ""), ("RegionOne", "az1"), ("RegionTwo", "az2"))


class CentralServer(NeutronServer):
    """Central Neutron with pods CentralRegion, RegionOne (az1) and RegionTwo (az2)."""

    def __init__(
        self, folder: Path, database_url: str, tricircle_url: str = "", more: str = "", **kwargs: bool
    ) -> None:
        """``tricircle_url``: Tricircle's own database, SQLite's if empty. ``more``: further lines of configuration."""
        url = tricircle_url or f"sqlite:///{folder}/tricircle.sqlite"
        super().__init__(folder, database_url, CONFIG.format(tricircle_url=url) + more, **kwargs)
        self.tricircle = Database(url)
        schema.sync(self.tricircle)
        self.pods = _pods(self.tricircle)

    def add_default_rules(self) -> None:
        """What Neutron's migrations would have put in."""
        for rule in DEFAULT_RULES:
            self.call("POST", "/default-security-group-rules", {"default_security_group_rule": rule}).of(201)


def _pods(database: Database) -> dict[str, Pod]:
    """By region name; made where the database has none."""
    with database.writer() as session:
        if not pods_db.list_all(session):
            for region, zone in ZONES:
                pods_db.create(session, region_name=region, az_name=zone)
        return {pod.region_name: pod for pod in pods_db.list_all(session)}
