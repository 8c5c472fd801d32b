"""What a query of ports costs: central reads where each lives with it; a region, which has no such rows, does not."""

import subprocess
import sys

import pytest

# In a process of its own: what is mapped stays, and another test may have started central's plugin in this one.
QUERY = """
import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.migration.models import head
from neutron_lib.db import model_base
from tricircle.db.neutron import models
from tricircle.network import {plugin}
{act}
sa.orm.configure_mappers()
print("tricircle_port_locations" in str(sa.select(models_v2.Port)))
"""


@pytest.mark.parametrize(
    ("plugin", "act", "joined"),
    [
        ("local_plugin", "", "False"),
        ("central_plugin", "models.read_locations_with_ports()", "True"),
        ("central_plugin", "sa.orm.configure_mappers(); models.read_locations_with_ports()", "True"),
        ("central_plugin", "models.read_locations_with_ports(); models.read_locations_with_ports()", "True"),
    ],
    ids=["region", "central", "late", "twice"],
)
def test_locations_are_joined_at_central_alone(plugin: str, act: str, joined: str) -> None:
    script = QUERY.format(plugin=plugin, act=act)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == joined
