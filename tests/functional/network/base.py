"""What tests of the plugins share: Neutron's own base classes, started on our plugins."""

import typing
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import fixtures
from oslo_config import cfg

from tests.functional.network import quick
from tricircle import conf as tricircle_conf
from tricircle.db import pods as pods_db
from tricircle.db.engine import Database
from tricircle.db.neutron import models as _tables  # noqa: F401 - before Neutron makes the schema

CENTRAL = "tricircle.network.central_plugin.TricirclePlugin"
LOCAL = "tricircle.network.local_plugin.TricirclePlugin"


# Every class with a mixin is one of Neutron's too; those have no types, and at run time the mixin is before them.
Neutrons: typing.Any = object


class CentralMixin(Neutrons):
    """Central Neutron with a Tricircle database of its own and three pods."""

    OPTIONS: Mapping[str, typing.Any] = MappingProxyType({})

    def setup_config(self):
        """Neutron's base class calls this before it starts the plugin."""
        super().setup_config()
        self.prepare_central()

    def prepare_central(self):
        tricircle_conf.register_common_opts(cfg.CONF)
        tricircle_conf.register_client_opts(cfg.CONF)
        tricircle_conf.register_tricircle_opts(cfg.CONF)
        path = Path(self.useFixture(fixtures.TempDir()).path) / "tricircle.sqlite"
        quick.make_tricircle_database(path)
        cfg.CONF.set_override("tricircle_db_connection", f"sqlite:///{path}")
        values = {
            "vni_ranges": ["1001:1020"],
            "network_vlan_ranges": ["bridge:2001:2010", "extern:3001:3010"],
            "flat_networks": ["bridge", "extern"],
        }
        for name, value in {**values, **self.OPTIONS}.items():
            cfg.CONF.set_override(name, value, group="tricircle")
        self.database = Database.from_conf(cfg.CONF)
        with self.database.writer() as session:
            self.pods = {
                region: pods_db.create(session, region_name=region, az_name=az)
                for region, az in (("CentralRegion", ""), ("RegionOne", "az1"), ("RegionTwo", "az2"))
            }
