"""Ports by the thousand, written into the database of a central Neutron: what is measured needs their rows alone."""

import dataclasses
import ipaddress
import uuid
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import constants
from neutron_lib.db import standard_attr

from tricircle.db.neutron.models import PortLocation


@dataclasses.dataclass(frozen=True, slots=True)
class Crowd:
    """``count`` ports of a network that are up in a region, with addresses of ``cidr`` from the ``first`` on."""

    network_id: str
    subnet_id: str
    project_id: str
    cidr: str
    region_name: str
    group_id: str
    count: int
    first: int = 1000
    vtep: str = "172.30.0.99"


def insert(connection: sa.Connection, crowd: Crowd, *, young: bool = False) -> list[str]:
    """Write the rows; answers the ports' ids. ``young``: as if they had come up just now; else long ago."""
    attributes = standard_attr.StandardAttribute.__table__
    last = connection.scalar(sa.select(sa.func.max(attributes.c.id))) or 0
    standard = [last + 1 + place for place in range(crowd.count)]
    ids = [str(uuid.uuid4()) for _ in standard]
    numbered = list(zip(ids, range(crowd.first, crowd.first + crowd.count), standard, strict=True))
    addresses = ipaddress.ip_network(crowd.cidr)
    place = {"region_name": crowd.region_name, "host": "host", "vtep": crowd.vtep, "revision": 1, "status": "ACTIVE"}
    place |= {} if young else {"created_at": None, "changed_at": None}
    binding = {"host": "host", "vnic_type": "normal", "profile": "", "vif_type": "ovs", "vif_details": ""}
    of_subnet = {"subnet_id": crowd.subnet_id, "network_id": crowd.network_id}
    ips = [{"port_id": id_, "ip_address": str(addresses[number]), **of_subnet} for id_, number, _ in numbered]
    for table, rows in (
        (attributes, [{"id": number, "resource_type": "ports", "revision_number": 1} for number in standard]),
        (models_v2.Port.__table__, [_port(crowd, *one) for one in numbered]),
        (models_v2.IPAllocation.__table__, ips),
        (ml2_models.PortBinding.__table__, [{"port_id": id_, "status": "ACTIVE", **binding} for id_ in ids]),
        (
            sg_models.SecurityGroupPortBinding.__table__,
            [{"port_id": id_, "security_group_id": crowd.group_id} for id_ in ids],
        ),
        (PortLocation.__table__, [{"port_id": id_, **place} for id_ in ids]),
    ):
        connection.execute(sa.insert(table), rows)
    return ids


def _port(crowd: Crowd, id_: str, number: int, attribute: int) -> dict[str, Any]:
    return {
        "id": id_,
        "project_id": crowd.project_id,
        "network_id": crowd.network_id,
        "name": "",
        "mac_address": f"fa:16:3f:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        "admin_state_up": True,
        "status": constants.PORT_STATUS_ACTIVE,
        "device_id": id_,
        "device_owner": "compute:nova",
        "standard_attr_id": attribute,
    }


def remove(connection: sa.Connection, port_ids: list[str]) -> None:
    """Take them away again; what belongs to them goes with them."""
    ports, attributes = models_v2.Port.__table__, standard_attr.StandardAttribute.__table__
    mine = sa.select(ports.c.standard_attr_id).where(ports.c.id.in_(port_ids))
    numbers = list(connection.scalars(mine))
    connection.execute(sa.delete(ports).where(ports.c.id.in_(port_ids)))
    connection.execute(sa.delete(attributes).where(attributes.c.id.in_(numbers)))
