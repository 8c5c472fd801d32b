"""What Neutron keeps of an object beside its own row, and whoever deletes that by hand leaves: it stands in the way."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import segment as segment_models
from neutron.db.models import servicetype
from neutron.ipam import driver as ipam
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import provider_net
from neutron_lib.db import api as db_api
from neutron_lib.plugins.ml2 import api as ml2_api

from tricircle.domain.jsons import Json

LOG = logging.getLogger(__name__)


def clear(plugin: Any, admin: Any, resource_type: str, resource: Json) -> None:
    """Free what a copy held that is gone past Neutron, so that it can be made again as central says it: ``resource``.

    ``plugin`` is the region's core plugin. What something else holds by now stays.
    """
    LOG.warning("The copy of %s %s is gone from the database: it is made again", resource_type, resource["id"])
    free = _FREED.get(resource_type)
    if free is not None:
        with db_api.CONTEXT_WRITER.using(admin):
            free(plugin, admin, resource)


def _segment(plugin: Any, admin: Any, network: Json) -> None:
    """ML2 keeps a table of the segments that are taken."""
    segment = {
        ml2_api.NETWORK_TYPE: network.get(provider_net.NETWORK_TYPE),
        ml2_api.PHYSICAL_NETWORK: network.get(provider_net.PHYSICAL_NETWORK),
        ml2_api.SEGMENTATION_ID: network.get(provider_net.SEGMENTATION_ID),
    }
    drivers = getattr(getattr(plugin, "type_manager", None), "drivers", {})
    driver = drivers.get(segment[ml2_api.NETWORK_TYPE])
    row = segment_models.NetworkSegment
    taken = sa.select(sa.exists().where(*(getattr(row, name) == value for name, value in segment.items())))
    if driver is not None and not admin.session.scalar(taken):
        driver.obj.release_segment(admin, segment)


def _subnet(_plugin: Any, admin: Any, subnet: Json) -> None:
    with contextlib.suppress(n_exc.SubnetNotFound):
        ipam.Pool.get_instance(None, admin).remove_subnet(subnet["id"])


def _addresses(_plugin: Any, admin: Any, port: Json) -> None:
    """IPAM has a table of its own."""
    pool, row = ipam.Pool.get_instance(None, admin), models_v2.IPAllocation
    for fixed in port["fixed_ips"]:
        mine = row.subnet_id == fixed["subnet_id"], row.ip_address == fixed["ip_address"]
        if admin.session.scalar(sa.select(sa.exists().where(*mine))):
            continue
        with contextlib.suppress(n_exc.NotFound):
            pool.get_subnet(fixed["subnet_id"]).deallocate(fixed["ip_address"])


def _provider(_plugin: Any, admin: Any, router: Json) -> None:
    """Which driver serves a router stands in a table of its own."""
    row = servicetype.ProviderResourceAssociation
    admin.session.execute(sa.delete(row).where(row.resource_id == router["id"]))


_FREED: Mapping[str, Callable[[Any, Any, Json], None]] = {
    "network": _segment,
    "subnet": _subnet,
    "port": _addresses,
    "router": _provider,
}
